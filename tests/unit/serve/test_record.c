/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates by second and minute. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "serve/record.h"
#include "watch/watch_by_hand.h"

enum { NOON = 1795262400 };

/* A group in which each rule has counted `packets` of 100 bytes in `ms`. */
struct reading {
	struct snapshot snapshot;
	struct rates_device device;
	const struct rates_device *devices[1];
	struct watch_row rows[80];
	struct watch_group group;
};

static void reading_free(struct reading *reading)
{
	snapshot_free(&reading->snapshot);
}

static void reading_make(struct reading *reading, unsigned int ms)
{
	static const struct rule_by_hand rules[] = { WEB(0) };

	*reading = (struct reading){ 0 };
	reading->device.device = device_by_hand(&reading->snapshot, "v0", 1, rules, 1);
	reading->devices[0] = &reading->device;
	reading->group = (struct watch_group){ .devices = reading->devices,
					       .devices_count = 1,
					       .interval_ns = ms * UINT64_C(1000000),
					       .rows = reading->rows };
}

static void add_row(struct reading *reading, enum watch_row_kind kind, const char *name,
		    uint64_t packets)
{
	struct watch_row *row = &reading->rows[reading->group.rows_count++];
	uint32_t web = PORTSIEVE_RANGE_RULES;

	*row = (struct watch_row){ .kind = kind,
				   .first = kind == WATCH_REASON ? PORTSIEVE_ICMP : web,
				   .end = kind == WATCH_REASON ? PORTSIEVE_ICMP + 1 : web + 1,
				   .name = name,
				   .action = "allow",
				   .ports = "tcp/80" };
	row->delta.verdict[PORTSIEVE_PASSED].packets = packets;
	row->delta.verdict[PORTSIEVE_PASSED].bytes = packets * 100;
	row->total = row->delta;
	row->total.verdict[PORTSIEVE_PASSED].packets += 1;
	reading->group.all.delta.verdict[PORTSIEVE_PASSED].packets += packets;
	reading->group.all.delta.verdict[PORTSIEVE_PASSED].bytes += packets * 100;
}

/* A rule with so many packets. */
static void add(struct record *record, int64_t second, unsigned int ms, const char *rule,
		uint64_t packets)
{
	struct reading reading;

	reading_make(&reading, ms);
	add_row(&reading, WATCH_RULE, rule, packets);
	add_row(&reading, WATCH_REASON, "icmp", packets / 10);
	record_add(record, second, &reading.group);
	reading_free(&reading);
}

static int place_of(const struct record *record, const char *rule)
{
	for (int i = 0; i < RECORD_RULES; i++)
		if (!strcmp(record->rules[i].rule, rule))
			return i;
	return -1;
}

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct record));
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void two_halves_make_a_second(void **state)
{
	struct record *record = *state;

	add(record, NOON, 500, "web", 100);
	add(record, NOON, 500, "web", 300);
	assert_true(record_second(record, NOON, 0) == 440); /* 400 and 40 of ICMP */
	add(record, NOON + 1, 1000, "web", 50);
	assert_true(record_second(record, NOON, 0) == 440);
	assert_true(record_second(record, NOON, 1) == 440 * 100 * 8);
	assert_true(record_second(record, NOON, RECORD_REASONS + PORTSIEVE_ICMP) == 40);
	assert_int_equal(place_of(record, "web"), 0);
	assert_string_equal(record->rules[0].protocol, "tcp");
	assert_true(record_second(record, NOON, RECORD_RULE_PACKETS) == 400);
	assert_true(record_second(record, NOON + 1, RECORD_RULE_PACKETS) == 50);
	assert_true(record_second(record, NOON, RECORD_RULE_BITS) == 400 * 800);
}

static void what_was_not_read_is_not_known(void **state)
{
	struct record *record = *state;
	int64_t second = NOON + 2 * RECORD_SECONDS;

	assert_true(isnan(record_second(record, NOON, 0)));
	assert_true(isnan(record_second(record, 0, 0)));
	add(record, NOON, 1000, "web", 100);
	add(record, NOON + 3, 1000, "web", 100);
	assert_true(isnan(record_second(record, NOON + 1, 0)));
	add(record, NOON + 4, 0, "web", 100); /* the first reading of a device */
	assert_true(isnan(record_second(record, NOON + 4, 0)));
	/* a row that has fallen out of the ring */
	add(record, second, 1000, "web", 100);
	assert_true(isnan(record_second(record, second - RECORD_SECONDS, 0)));
	assert_true(isnan(record_second(record, second + 1, 0)));
}

static void minutes_are_means_and_the_last_one_goes_on(void **state)
{
	struct record *record = *state;
	int64_t minute = NOON / 60;

	assert_int_equal(NOON % 60, 0);
	for (int second = 0; second < 90; second++)
		add(record, NOON + second, 1000, "web", second < 30 ? 200 : second < 60 ? 100 : 70);
	assert_true(record_minute(record, minute, RECORD_RULE_PACKETS) == 150);
	assert_true(record_minute(record, minute + 1, RECORD_RULE_PACKETS) == 70);
	assert_true(isnan(record_minute(record, minute + 2, RECORD_RULE_PACKETS)));
	assert_true(isnan(record_minute(record, minute - 1, RECORD_RULE_PACKETS)));
}

static void the_busiest_rules_have_places(void **state)
{
	struct record *record = *state;
	char name[16];

	for (int second = 0; second < 3; second++) {
		struct reading reading;

		reading_make(&reading, 1000);
		for (int rule = 0; rule < RECORD_RULES; rule++) {
			static char names[RECORD_RULES][16];

			snprintf(names[rule], sizeof(names[rule]), "rule%d", rule);
			add_row(&reading, WATCH_RULE, names[rule], 100 + (uint64_t)rule);
		}
		record_add(record, NOON + second, &reading.group);
		reading_free(&reading);
	}
	for (int rule = 0; rule < RECORD_RULES; rule++) {
		snprintf(name, sizeof(name), "rule%d", rule);
		assert_int_equal(place_of(record, name), rule);
	}
	add(record, NOON + 3, 1000, "calm", 150);
	assert_int_equal(place_of(record, "calm"), -1);
	add(record, NOON + 4, 1000, "busy", 1000);
	assert_int_equal(place_of(record, "busy"), 0); /* the place of the least busy one */
	assert_true(record_second(record, NOON + 4, RECORD_RULE_PACKETS) == 1000);
	assert_true(isnan(record_second(record, NOON + 1, RECORD_RULE_PACKETS)));
	assert_true(record_second(record, NOON + 1, RECORD_RULE_PACKETS + 1) == 101);
}

static void marks_are_kept_in_their_order(void **state)
{
	struct record *record = *state;

	for (int i = 0; i < RECORD_MARKS + 5; i++)
		record_mark(record, NOON * INT64_C(1000) + i, RECORD_UPGRADE);
	assert_int_equal(record->marks_count, RECORD_MARKS + 5);
	assert_int_equal(record->marks[4].time_ms, NOON * INT64_C(1000) + RECORD_MARKS + 4);
	assert_int_equal(record->marks[5].time_ms, NOON * INT64_C(1000) + 5);
	assert_string_equal(record_what_names[record->marks[4].what], "upgrade");
}

int main(void)
{
#define WITH_A_RECORD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_A_RECORD(two_halves_make_a_second),
		WITH_A_RECORD(what_was_not_read_is_not_known),
		WITH_A_RECORD(minutes_are_means_and_the_last_one_goes_on),
		WITH_A_RECORD(the_busiest_rules_have_places),
		WITH_A_RECORD(marks_are_kept_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames and lines of text, and how a frame replaces the one before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "watch/redraw.h"
#include "watch/text.h"
#include "watch_by_hand.h"

static const struct rule_by_hand rules[] = { WEB(0), MEMCACHED(1) };

/* A second reading of eth0, a second after the first. */
static void setup(struct watch *watch)
{
	for (unsigned int second = 0; second < 2; second++) {
		struct snapshot snapshot = { 0 };
		struct snapshot_device *device =
			device_by_hand(&snapshot, "eth0", 100 + second, rules, 2);
		struct error error;

		row_fill(row_of(device, 0), PORTSIEVE_PASSED, 36000 + second * 12345, 12345000);
		row_of(device, 0)->new_connections = second * 7;
		row_fill(row_of(device, 1), PORTSIEVE_DROPPED, second * 2100000,
			 second * 126000000);
		row_fill(&device->rows[PORTSIEVE_ICMP], PORTSIEVE_PASSED, 4, 400);
		assert_int_equal(watch_take(watch, &snapshot, false, NULL, 33120, &error), 0);
	}
}

/* The caller frees it. */
static char *frame_of(struct watch *watch, struct watch_frame *frame, int columns)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	frame->groups = &watch->groups;
	frame->snapshot = &watch->snapshot;
	frame->time = "2026-11-30 09:12:00";
	frame->sentence = &watch->sentence;
	assert_int_equal(columns ? watch_print_frame(frame, columns, file)
				 : watch_print_lines(frame, file),
			 0);
	fclose(file);
	return text;
}

#define HEAD                                                                                       \
	"2026-11-30 09:12:00  2.1 M packets/s dropped on udp/11211\n"                              \
	"\n"                                                                                       \
	"eth0  native, link; policy /etc/p \"q\".yaml, default drop\n"                             \
	"\n"

/* The table, and how many rows of unnamed ranges, reasons but one, and ended ranges are hidden. */
static void assert_frame(const char *text, const char *table)
{
	char expected[2048];

	snprintf(expected, sizeof(expected),
		 HEAD "%s\n  %d rows without packets are hidden; --all shows them\n", table,
		 PORTSIEVE_RANGE_DHCP + PORTSIEVE_REASONS);
	assert_string_equal(text, expected);
}

static void a_frame(void **state)
{
	_cleanup_watch_ struct watch watch = { 0 };
	struct watch_frame frame = { 0 };
	_cleanup_free_ char *text = NULL;

	(void)state;
	setup(&watch);
	text = frame_of(&watch, &frame, 200);
	assert_frame(
		text,
		"  RULE         PORTS      ACTION  PASSED/S   BIT/S  DROPPED/S   BIT/S   NEW/S    "
		"PACKETS  SINCE START\n"
		"  all packets                       12,345       -     2.10 M  1.01 G     7.0  "
		"2,148,349   +2,112,345\n"
		"  web          tcp/80     allow     12,345       -          -       -     7.0     "
		"48,345      +12,345\n"
		"  memcached    udp/11211  drop           -       -     2.10 M  1.01 G       -  "
		"2,100,000   +2,100,000\n"
		"  icmp                                   -       -          -       -             "
		"     "
		"4            -\n");
}

static void columns_are_left_out_where_it_is_narrow(void **state)
{
	_cleanup_watch_ struct watch watch = { 0 };
	struct watch_frame frame = { 0 };
	_cleanup_free_ char *text = NULL;

	(void)state;
	setup(&watch);
	text = frame_of(&watch, &frame, 45);
	assert_frame(text, "  RULE         PASSED/S  DROPPED/S    PACKETS\n"
			   "  all packets    12,345     2.10 M  2,148,349\n"
			   "  web            12,345          -     48,345\n"
			   "  memcached           -     2.10 M  2,100,000\n"
			   "  icmp                -          -          4\n");
}

static void columns_stay_where_they_were(void **state)
{
	_cleanup_watch_ struct watch watch = { 0 };
	struct watch_frame frame = { 0 };
	_cleanup_free_ char *wide = NULL, *narrow = NULL;

	(void)state;
	setup(&watch);
	wide = frame_of(&watch, &frame, 200);
	watch.groups.groups[0].rows_count = 1; /* the longest name is gone */
	watch.groups.groups[0].all.total.verdict[PORTSIEVE_DROPPED].packets = 0;
	narrow = frame_of(&watch, &frame, 200);
	assert_int_equal(strstr(wide, "SINCE START") - strstr(wide, "  RULE"),
			 strstr(narrow, "SINCE START") - strstr(narrow, "  RULE"));
}

static void lines(void **state)
{
	_cleanup_watch_ struct watch watch = { 0 };
	struct watch_frame frame = { 0 };
	_cleanup_free_ char *text = NULL, *again = NULL;

	(void)state;
	setup(&watch);
	text = frame_of(&watch, &frame, 0);
	assert_string_equal(
		text,
		"2026-11-30 09:12:00  2.1 M packets/s dropped on udp/11211\n"
		"TIME                 DEVICE  RULE         PORTS      ACTION  PASSED/S   BIT/S  "
		"DROPPED/S   BIT/S   NEW/S    PACKETS  SINCE START\n"
		"2026-11-30 09:12:00  eth0    web          tcp/80     allow     12,345       -  "
		"        -       -     7.0     48,345      +12,345\n"
		"2026-11-30 09:12:00  eth0    memcached    udp/11211  drop           -       -  "
		"   2.10 M  1.01 G       -  2,100,000   +2,100,000\n"
		"2026-11-30 09:12:00  eth0    all packets                       12,345       -  "
		"   2.10 M  1.01 G     7.0  2,148,349   +2,112,345\n");
	/* The sentence and the heading are printed once. */
	again = frame_of(&watch, &frame, 0);
	assert_string_equal(again, strstr(text, "2026-11-30 09:12:00  eth0"));
}

static void a_frame_replaces_the_one_before(void **state)
{
	struct redraw redraw = { 0 };
	_cleanup_free_ char *first = redraw_bytes(&redraw, "one\ntwo\nthree\n", 10, 80);
	_cleanup_free_ char *second = redraw_bytes(&redraw, "four\n", 10, 80);
	_cleanup_free_ char *third = redraw_bytes(&redraw, "five\n", 10, 80);
	_cleanup_free_ char *resized = redraw_bytes(&redraw, "six\n", 10, 79);

	(void)state;
	assert_string_equal(first, "one\033[K\ntwo\033[K\nthree\033[K\n\033[J");
	assert_string_equal(second, "\033[3A\rfour\033[K\n\033[J");
	assert_string_equal(third, "\033[1A\rfive\033[K\n\033[J");
	assert_string_equal(resized, "\033[H\033[2Jsix\033[K\n\033[J");
}

static void what_does_not_fit_is_cut(void **state)
{
	struct redraw redraw = { 0 };
	_cleanup_free_ char *wide = redraw_bytes(&redraw, "\033[1mgrößer\033[0m\ntwo\n", 10, 3);
	_cleanup_free_ char *high = NULL, *fits = NULL;

	(void)state;
	assert_string_equal(wide, "\033[1mgrö\033[0m\033[K\ntwo\033[K\n\033[J");
	redraw = (struct redraw){ 0 };
	high = redraw_bytes(&redraw, "1\n2\n3\n4\n", 4, 80);
	assert_string_equal(high, "1\033[K\n2\033[K\n2 more lines do not fit\033[K\n\033[J");
	assert_int_equal(redraw.lines, 3);
	redraw = (struct redraw){ 0 };
	fits = redraw_bytes(&redraw, "1\n2\n3\n", 4, 80);
	assert_string_equal(fits, "1\033[K\n2\033[K\n3\033[K\n\033[J");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame),
		cmocka_unit_test(columns_are_left_out_where_it_is_narrow),
		cmocka_unit_test(columns_stay_where_they_were),
		cmocka_unit_test(lines),
		cmocka_unit_test(a_frame_replaces_the_one_before),
		cmocka_unit_test(what_does_not_fit_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

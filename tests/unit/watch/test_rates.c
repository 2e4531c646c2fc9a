/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two readings say of the time between them: the same policy, another one, a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "watch_by_hand.h"

static const struct rule_by_hand web_games[] = { WEB(0), GAMES(1) };

/* Two readings of eth0, and what they say. */
struct readings {
	struct snapshot before, now;
	struct rates first, rates;
};

static void readings_free(struct readings *r)
{
	rates_free(&r->first);
	rates_free(&r->rates);
	snapshot_free(&r->before);
	snapshot_free(&r->now);
}

static const struct rates_device *compare(struct readings *r)
{
	assert_int_equal(rates_next(&(struct rates){ 0 }, &r->before, &r->first), 0);
	assert_int_equal(rates_next(&r->first, &r->now, &r->rates), 0);
	assert_int_equal(r->rates.count, r->now.count);
	return &r->rates.devices[0];
}

static uint64_t passed(const struct portsieve_counter *counter)
{
	return counter->verdict[PORTSIEVE_PASSED].packets;
}

enum { WEB_ID = PORTSIEVE_RANGE_RULES, GAMES_ID };

static void a_row_is_what_was_counted_in_between(void **state)
{
	struct readings r = { 0 };
	struct snapshot_device *before = device_by_hand(&r.before, "eth0", 100, web_games, 2);
	struct snapshot_device *now = device_by_hand(&r.now, "eth0", 102, web_games, 2);
	const struct rates_device *rates;

	(void)state;
	row_fill(row_of(before, 0), PORTSIEVE_PASSED, 1000, 60000);
	row_fill(row_of(now, 0), PORTSIEVE_PASSED, 1010, 61000);
	row_of(before, 0)->new_connections = 3;
	row_of(now, 0)->new_connections = 7;
	row_fill(&before->rows[PORTSIEVE_ICMP], PORTSIEVE_DROPPED, 5, 500);
	row_fill(&now->rows[PORTSIEVE_ICMP], PORTSIEVE_DROPPED, 6, 598);
	rates = compare(&r);
	assert_int_equal(rates->interval_ns, 2000000000);
	assert_int_equal(passed(&rates->delta.ranges[WEB_ID]), 10);
	assert_int_equal(rates->delta.ranges[WEB_ID].verdict[PORTSIEVE_PASSED].bytes, 1000);
	assert_int_equal(rates->delta.ranges[WEB_ID].new_connections, 4);
	assert_int_equal(rates->delta.reasons[PORTSIEVE_ICMP].verdict[PORTSIEVE_DROPPED].packets,
			 1);
	assert_false(rates->restarted);
	assert_false(rates->changed);
	assert_true(rate_per_second(10, rates->interval_ns) == 5);
	readings_free(&r);
}

static void the_first_reading_has_no_rate(void **state)
{
	struct readings r = { 0 };
	struct snapshot_device *now = device_by_hand(&r.now, "eth0", 100, web_games, 2);
	const struct rates_device *rates;

	(void)state;
	row_fill(row_of(now, 0), PORTSIEVE_PASSED, 1000, 60000);
	rates = compare(&r);
	assert_int_equal(rates->interval_ns, 0);
	assert_int_equal(passed(&rates->delta.ranges[WEB_ID]), 0);
	assert_int_equal(passed(&rates->change.ranges[WEB_ID]), 0);
	assert_true(rate_per_second(1000, 0) == 0);
	readings_free(&r);
}

static void an_interval_of_zero_has_no_rate(void **state)
{
	struct readings r = { 0 };
	struct snapshot_device *before = device_by_hand(&r.before, "eth0", 100, web_games, 2);
	struct snapshot_device *now = device_by_hand(&r.now, "eth0", 100, web_games, 2);

	(void)state;
	row_fill(row_of(before, 0), PORTSIEVE_PASSED, 1, 60);
	row_fill(row_of(now, 0), PORTSIEVE_PASSED, 2, 120);
	assert_int_equal(compare(&r)->interval_ns, 0);
	readings_free(&r);
}

static void counters_that_fell_count_from_zero(void **state)
{
	struct readings r = { 0 };
	struct snapshot_device *before = device_by_hand(&r.before, "eth0", 100, web_games, 2);
	struct snapshot_device *now = device_by_hand(&r.now, "eth0", 101, web_games, 2);
	const struct rates_device *rates;

	(void)state;
	/* That games rose does not hide that all of them began again. */
	row_fill(row_of(before, 0), PORTSIEVE_PASSED, 1000, 60000);
	row_fill(row_of(now, 0), PORTSIEVE_PASSED, 4, 240);
	row_fill(row_of(before, 1), PORTSIEVE_PASSED, 1, 60);
	row_fill(row_of(now, 1), PORTSIEVE_PASSED, 9, 540);
	rates = compare(&r);
	assert_true(rates->restarted);
	assert_int_equal(passed(&rates->delta.ranges[WEB_ID]), 4);
	assert_int_equal(passed(&rates->delta.ranges[GAMES_ID]), 9);
	readings_free(&r);
}

static void a_new_range_counts_from_zero(void **state)
{
	static const struct rule_by_hand coming[] = { MEMCACHED(2), WEB(0), GAMES(1) };
	struct readings r = { 0 };
	struct snapshot_device *before = device_by_hand(&r.before, "eth0", 100, web_games, 2);
	struct snapshot_device *now = device_by_hand(&r.now, "eth0", 101, coming, 3);
	const struct rates_device *rates;

	(void)state;
	now->image->applied_ns++;
	row_fill(row_of(before, 0), PORTSIEVE_PASSED, 1000, 60000);
	row_fill(row_of(now, 0), PORTSIEVE_PASSED, 1001, 60060);
	row_fill(row_of(now, 2), PORTSIEVE_PASSED, 50, 3000);
	rates = compare(&r);
	assert_true(rates->changed);
	assert_false(rates->restarted);
	assert_int_equal(passed(&rates->delta.ranges[PORTSIEVE_RANGE_RULES]), 50);
	assert_int_equal(passed(&rates->delta.ranges[PORTSIEVE_RANGE_RULES + 1]), 1);
	readings_free(&r);
}

/* Its row goes to another range: neither is mistaken for the other. */
static void a_row_that_was_given_to_another_range(void **state)
{
	static const struct rule_by_hand coming[] = { WEB(0), MEMCACHED(1) };
	struct readings r = { 0 };
	struct snapshot_device *before = device_by_hand(&r.before, "eth0", 100, web_games, 2);
	struct snapshot_device *now = device_by_hand(&r.now, "eth0", 101, coming, 2);
	const struct rates_device *rates;

	(void)state;
	row_fill(row_of(before, 1), PORTSIEVE_PASSED, 700, 42000);
	row_fill(row_of(now, 1), PORTSIEVE_PASSED, 20, 1200);
	row_fill(&now->retired, PORTSIEVE_PASSED, 703, 42180);
	rates = compare(&r);
	assert_false(rates->restarted);
	assert_int_equal(passed(&rates->delta.ranges[GAMES_ID]), 20);
	assert_int_equal(passed(&rates->delta.ended), 3);
	readings_free(&r);
}

static void changes_add_up_over_readings_and_policies(void **state)
{
	struct snapshot snapshots[3] = { 0 };
	struct rates rates[4] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct snapshot_device *device =
			device_by_hand(&snapshots[i], "eth0", 100 + i, web_games, i < 2 ? 2 : 1);

		row_fill(row_of(device, 0), PORTSIEVE_PASSED, 100 + 10 * i, 0);
		if (i < 2)
			row_fill(row_of(device, 1), PORTSIEVE_PASSED, 7 * i, 0);
		else
			row_fill(&device->retired, PORTSIEVE_PASSED, 8, 0);
		assert_int_equal(rates_next(&rates[i], &snapshots[i], &rates[i + 1]), 0);
	}
	assert_int_equal(passed(&rates[3].devices[0].change.ranges[WEB_ID]), 20);
	assert_int_equal(passed(&rates[3].devices[0].delta.ended), 1);
	assert_int_equal(passed(&rates[3].devices[0].change.ended), 8);
	for (int i = 0; i < 3; i++) {
		rates_free(&rates[i + 1]);
		snapshot_free(&snapshots[i]);
	}
}

static void a_device_that_went_away_and_came_back(void **state)
{
	struct readings r = { 0 };
	struct snapshot_device *now;
	const struct rates_device *rates;

	(void)state;
	device_by_hand(&r.before, "eth1", 100, web_games, 2);
	now = device_by_hand(&r.now, "eth0", 101, web_games, 2);
	row_fill(row_of(now, 0), PORTSIEVE_PASSED, 1000, 60000);
	rates = compare(&r);
	assert_int_equal(rates->interval_ns, 0);
	assert_int_equal(passed(&rates->delta.ranges[WEB_ID]), 0);
	readings_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_what_was_counted_in_between),
		cmocka_unit_test(the_first_reading_has_no_rate),
		cmocka_unit_test(an_interval_of_zero_has_no_rate),
		cmocka_unit_test(counters_that_fell_count_from_zero),
		cmocka_unit_test(a_new_range_counts_from_zero),
		cmocka_unit_test(a_row_that_was_given_to_another_range),
		cmocka_unit_test(changes_add_up_over_readings_and_policies),
		cmocka_unit_test(a_device_that_went_away_and_came_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

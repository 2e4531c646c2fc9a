/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of devices, folded ranges, the order of rows, and rates as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "print/format.h"
#include "watch_by_hand.h"

static const struct rule_by_hand rules[] = { WEB(0), WEBS(1), GAMES(2) };

/* eth0 and eth1 share a policy, eth2 has an equal one of its own. Each has 3 readings a second. */
static void setup(struct watch *watch, bool each_range)
{
	for (unsigned int second = 100; second < 102; second++) {
		struct snapshot snapshot = { 0 };
		struct error error;

		for (int i = 0; i < 3; i++) {
			char name[] = { 'e', 't', 'h', (char)('0' + i), '\0' };
			struct snapshot_device *device =
				device_by_hand(&snapshot, name, second, rules, 3);

			device->device.active_id = i < 2 ? 1 : 2;
			row_fill(row_of(device, 0), PORTSIEVE_PASSED, (second - 99) * (i + 1), 0);
			row_fill(row_of(device, 1), PORTSIEVE_PASSED, (second - 99) * 10, 0);
			row_fill(row_of(device, 2), PORTSIEVE_DROPPED, (second - 99) * 7, 0);
			row_of(device, 0)->new_connections = (second - 99) * 2;
		}
		assert_int_equal(watch_take(watch, &snapshot, each_range, NULL, second, &error), 0);
	}
}

static void devices_with_one_policy_are_summed_and_others_never(void **state)
{
	_cleanup_watch_ struct watch watch = { 0 };
	const struct watch_group *group;

	(void)state;
	setup(&watch, false);
	assert_int_equal(watch.groups.count, 2);
	group = &watch.groups.groups[0];
	assert_int_equal(group->devices_count, 2);
	assert_string_equal(group->devices[1]->device->device.name, "eth1");
	assert_string_equal(group->rows[0].name, "web");
	assert_int_equal(watch_packets(&group->rows[0].delta), 1 + 2 + 10 + 10);
	assert_int_equal(watch_packets(&group->rows[0].total), 2 * (1 + 2 + 10 + 10));
	assert_int_equal(watch_packets(&group->all.delta), 23 + 14);
	assert_int_equal(group->all.delta.new_connections, 4);
	group = &watch.groups.groups[1];
	assert_int_equal(group->devices_count, 1);
	assert_int_equal(watch_packets(&group->rows[0].delta), 3 + 10);
}

static void ranges_of_a_rule_fold(void **state)
{
	_cleanup_watch_ struct watch watch = { 0 };
	const struct watch_group *group;

	(void)state;
	setup(&watch, false);
	group = &watch.groups.groups[0];
	assert_string_equal(group->rows[0].ports, "tcp/80,443");
	assert_string_equal(group->rows[0].action, "allow");
	assert_string_equal(group->rows[1].ports, "udp/27000-27100");
	assert_string_equal(group->rows[1].action, "drop");
	assert_string_equal(group->rows[2].name, "_port0");
	assert_string_equal(group->rows[2].ports, "tcp/0");
}

static void or_do_not_if_asked(void **state)
{
	_cleanup_watch_ struct watch watch = { 0 };
	const struct watch_group *group;

	(void)state;
	setup(&watch, true);
	group = &watch.groups.groups[0];
	assert_string_equal(group->rows[0].ports, "tcp/80");
	assert_int_equal(watch_packets(&group->rows[0].delta), 3);
	assert_string_equal(group->rows[1].ports, "tcp/443");
	assert_int_equal(watch_packets(&group->rows[1].delta), 20);
}

static void many_ranges_are_counted_instead_of_listed(void **state)
{
	struct rule_by_hand many[12];
	struct snapshot snapshot = { 0 };
	_cleanup_watch_ struct watch watch = { 0 };
	struct error error;

	(void)state;
	for (uint16_t i = 0; i < 12; i++)
		many[i] = (struct rule_by_hand){
			"many",
			{ .low = 40000 + 2 * i,
			  .high = 40000 + 2 * i,
			  .transport = i < 6 ? PORTSIEVE_TCP : PORTSIEVE_UDP },
			i,
		};
	device_by_hand(&snapshot, "eth0", 1, many, 12);
	assert_int_equal(watch_take(&watch, &snapshot, false, NULL, 1, &error), 0);
	assert_string_equal(watch.groups.groups[0].rows[0].ports, "tcp udp, 12 ranges");
}

static void rows_are_sorted_and_equal_ones_stay(void **state)
{
	_cleanup_watch_ struct watch watch = { 0 };
	struct watch_group *group;

	(void)state;
	setup(&watch, true);
	group = &watch.groups.groups[0];
	watch_group_sort(group, WATCH_SORT_PACKETS);
	assert_string_equal(group->rows[0].ports, "tcp/443");
	assert_string_equal(group->rows[1].name, "games");
	assert_string_equal(group->rows[2].ports, "tcp/80");
	assert_string_equal(group->rows[3].name, "_port0");
	assert_string_equal(group->rows[4].name, "_system");
	watch_group_sort(group, WATCH_SORT_DROPPED);
	assert_string_equal(group->rows[0].name, "games");
	assert_string_equal(group->rows[1].ports, "tcp/80"); /* the order of the policy */
	watch_group_sort(group, WATCH_SORT_NEW);
	assert_string_equal(group->rows[0].ports, "tcp/80");
	watch_group_sort(group, WATCH_SORT_NAME);
	assert_string_equal(group->rows[0].name, "(ended ranges)");
	watch_group_sort(group, WATCH_SORT_POLICY);
	assert_string_equal(group->rows[0].ports, "tcp/80");
	assert_string_equal(group->rows[1].ports, "tcp/443");
}

static void rates_take_at_most_six_characters(void **state)
{
	static const struct {
		double rate;
		const char *packets, *bits;
	} cases[] = {
		{ 0, "-", "-" },
		{ 0.01, "<0.1", "<0.1" },
		{ 0.05, "0.1", "0.1" },
		{ 0.5, "0.5", "0.5" },
		{ 9.94, "9.9", "9.9" },
		{ 9.96, "10", "10" },
		{ 999.4, "999", "999" },
		{ 999.6, "1,000", "1.00 k" },
		{ 12345.4, "12,345", "12.3 k" },
		{ 99999.4, "99,999", "100 k" },
		{ 99999.6, "100 k", "100 k" },
		{ 999499, "999 k", "999 k" },
		{ 999501, "1.00 M", "1.00 M" },
		{ 2.1e6, "2.10 M", "2.10 M" },
		{ 9.996e6, "10.0 M", "10.0 M" },
		{ 1e11, "100 G", "100 G" },
		{ 1e30, "999 E", "999 E" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(format_rate(cases[i].rate).text, cases[i].packets);
		assert_string_equal(format_units(cases[i].rate).text, cases[i].bits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_with_one_policy_are_summed_and_others_never),
		cmocka_unit_test(ranges_of_a_rule_fold),
		cmocka_unit_test(or_do_not_if_asked),
		cmocka_unit_test(many_ranges_are_counted_instead_of_listed),
		cmocka_unit_test(rows_are_sorted_and_equal_ones_stay),
		cmocka_unit_test(rates_take_at_most_six_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

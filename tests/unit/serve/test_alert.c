/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When alerts begin and end, and how many are reported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "serve/alert.h"

enum { START = 1000000 };

static void one_begins_after_two_seconds_and_ends_after_a_minute(void **state)
{
	struct alert alert = { 0 };
	int64_t now = START;

	(void)state;
	assert_false(alert_next(&alert, true, now));
	assert_false(alert_next(&alert, true, now + 1999));
	assert_true(alert_next(&alert, true, now + 2000));
	assert_true(alert.is_on);
	assert_false(alert_next(&alert, true, now + 4000));
	assert_false(alert_next(&alert, false, now + 5000));
	assert_false(alert_next(&alert, false, now + 64999));
	assert_true(alert_next(&alert, false, now + 65000));
	assert_false(alert.is_on);
}

static void a_condition_that_comes_and_goes_is_one_alert(void **state)
{
	struct alert alert = { 0 };
	int turns = 0;

	(void)state;
	/* on for 5 s, off for 55 s, for an hour */
	for (int second = 0; second < 3600; second++)
		turns += alert_next(&alert, second % 60 < 5, START + second * 1000);
	assert_int_equal(turns, 1);
	/* on for 1 s each time: never one */
	alert = (struct alert){ 0 };
	for (int second = 0; second < 3600; second++)
		turns += alert_next(&alert, second % 10 < 1, START + second * 1000);
	assert_int_equal(turns, 1);
}

static void a_clock_that_is_set_back_keeps_no_alert_waiting(void **state)
{
	struct alert alert = { 0 };

	(void)state;
	assert_false(alert_next(&alert, true, START + 1000000));
	assert_false(alert_next(&alert, true, START));
	assert_true(alert_next(&alert, true, START + 2000));
}

static void ten_at_once_then_one_a_minute(void **state)
{
	struct alert_limit limit = { 0 };
	int told = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		told += alert_may_tell(&limit, START);
	assert_int_equal(told, 10);
	assert_int_equal(limit.suppressed, 90);
	assert_false(alert_may_tell(&limit, START + 59999));
	assert_true(alert_may_tell(&limit, START + 60000));
	assert_false(alert_may_tell(&limit, START + 60001));
	/* after an hour of silence, ten again; and after the clock was set back a day */
	for (told = 0; alert_may_tell(&limit, START + 3600000); told++)
		;
	assert_int_equal(told, 10);
	assert_true(alert_may_tell(&limit, START - 86400000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_begins_after_two_seconds_and_ends_after_a_minute),
		cmocka_unit_test(a_condition_that_comes_and_goes_is_one_alert),
		cmocka_unit_test(a_clock_that_is_set_back_keeps_no_alert_waiting),
		cmocka_unit_test(ten_at_once_then_one_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

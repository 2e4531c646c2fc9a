/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations from text and back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/duration.h"

static const struct {
	const char *text;
	uint32_t seconds;
} good[] = {
	{ "1", 1 },
	{ "90", 90 },
	{ "90s", 90 },
	{ "10m", 600 },
	{ "2h", 7200 },
	{ "7d", 604800 },
	{ "1h30m", 5400 },
	{ "1w", 604800 },
	{ "1w1d1s", 691201 },
	{ "52w1d", DURATION_SECONDS_MAX },
	{ "1d2h3m4s", 93784 },
	{ "1d4s", 86404 },
	{ "0h1s", 1 },
	{ "007", 7 },
	{ "365d", DURATION_SECONDS_MAX },
	{ "31536000", DURATION_SECONDS_MAX },
	{ "364d24h", DURATION_SECONDS_MAX },
};

static void numbers_with_units_are_read_as_seconds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint32_t seconds = 0;

		if (duration_read(good[i].text, &seconds))
			fail_msg("%s is refused", good[i].text);
		assert_int_equal(seconds, good[i].seconds);
	}
}

static void anything_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"s",
		"m10",
		"1x",
		"1W",
		"1d1w",
		"53w",
		"10M",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1h 30m",
		"1.5h",
		"1h30",
		"30m1h",
		"1m1m",
		"1s1s",
		"0",
		"0s",
		"0d0h0m0s",
		"366d",
		"365d1s",
		"1e3",
		"0x10",
		"31536001",
		"99999999999999999999999999d",
		"18446744073709551617",
		"213504d",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t seconds = 4711;

		if (duration_read(bad[i], &seconds) != -EINVAL)
			fail_msg("'%s' is read as %u", bad[i], seconds);
		assert_int_equal(seconds, 4711);
	}
}

static void durations_are_printed_in_the_largest_units(void **state)
{
	(void)state;
	assert_string_equal(duration_print(0).text, "0s");
	assert_string_equal(duration_print(59).text, "59s");
	assert_string_equal(duration_print(60).text, "1m");
	assert_string_equal(duration_print(90).text, "1m30s");
	assert_string_equal(duration_print(5400).text, "1h30m");
	assert_string_equal(duration_print(86400).text, "1d");
	assert_string_equal(duration_print(DURATION_SECONDS_MAX).text, "365d");
	assert_string_equal(duration_print(93784).text, "1d2h3m4s");
	assert_string_equal(duration_print(UINT64_MAX).text, "213503982334601d7h15s");
}

static void what_is_printed_reads_as_the_same(void **state)
{
	(void)state;
	for (uint32_t seconds = 1; seconds <= DURATION_SECONDS_MAX; seconds += 997) {
		uint32_t again = 0;

		assert_int_equal(duration_read(duration_print(seconds).text, &again), 0);
		assert_int_equal(again, seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_with_units_are_read_as_seconds),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(durations_are_printed_in_the_largest_units),
		cmocka_unit_test(what_is_printed_reads_as_the_same),
	};

	return cmocka_run_group_tests_name("duration", tests, NULL, NULL);
}

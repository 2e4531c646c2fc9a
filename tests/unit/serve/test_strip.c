/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets by port and second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "serve/strip.h"

enum { NOON = 1795262400, ORIGIN = 7 };

struct test {
	struct strip *strip;
	struct port_counts *counts;
	size_t full_bytes;
};

static int set_up(void **state)
{
	struct test *test = calloc(1, sizeof(*test));

	test->strip = strip_new(&test->full_bytes);
	test->counts = calloc(1, sizeof(*test->counts));
	*state = test;
	return 0;
}

static int tear_down(void **state)
{
	struct test *test = *state;

	strip_free(test->strip);
	assert_int_equal(test->full_bytes, 0);
	free(test->counts);
	free(test);
	return 0;
}

static void values_are_on_a_scale_of_logarithms(void **state)
{
	/* round(16 * log2(1 + packets)) */
	static const struct {
		uint64_t packets;
		uint8_t value;
	} cases[] = { { 0, 0 },	      { 1, 16 },	{ 2, 25 },	    { 3, 32 },
		      { 10, 55 },     { 1000, 159 },	{ 60000, 254 },	    { 62000, 255 },
		      { 62756, 255 }, { 1 << 20, 255 }, { UINT64_MAX, 255 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(strip_value(cases[i].packets), cases[i].value);
	for (unsigned int value = 67; value < 256; value++) /* below, there are gaps */
		assert_int_equal(strip_value((uint64_t)(strip_packets(value) + 0.5)), value);
	assert_true(strip_packets(32) > 2.999 && strip_packets(32) < 3.001);
}

static void the_first_reading_and_a_new_beginning_add_nothing(void **state)
{
	struct test *test = *state;

	test->counts->packets[PORTSIEVE_TCP][PORTSIEVE_DROPPED][22] = 1000;
	assert_false(strip_add(test->strip, NOON, ORIGIN, test->counts));
	assert_null(strip_latest(test->strip, STRIP_TCP_DROPPED));
	assert_true(strip_add(test->strip, NOON + 1, ORIGIN, test->counts));
	assert_null(strip_latest(test->strip, STRIP_TCP_DROPPED));
	test->counts->packets[PORTSIEVE_TCP][PORTSIEVE_DROPPED][22] = 1001;
	assert_true(strip_add(test->strip, NOON + 2, ORIGIN, test->counts));
	assert_int_equal(strip_latest(test->strip, STRIP_TCP_DROPPED)[0], 16);
	test->counts->packets[PORTSIEVE_TCP][PORTSIEVE_DROPPED][22] = 5000;
	assert_false(strip_add(test->strip, NOON + 3, ORIGIN + 1, test->counts));
	/* a counter that fell */
	test->counts->packets[PORTSIEVE_TCP][PORTSIEVE_DROPPED][22] = 10;
	assert_true(strip_add(test->strip, NOON + 4, ORIGIN + 1, test->counts));
	assert_null(strip_latest(test->strip, STRIP_TCP_DROPPED));
}

static void columns_hold_the_sum_of_64_ports_and_how_many_were_hit(void **state)
{
	struct test *test = *state;

	strip_add(test->strip, NOON, ORIGIN, test->counts);
	test->counts->packets[PORTSIEVE_TCP][PORTSIEVE_DROPPED][64] = 1;
	test->counts->packets[PORTSIEVE_TCP][PORTSIEVE_WOULD_DROP][127] = 2;
	test->counts->packets[PORTSIEVE_UDP][PORTSIEVE_PASSED][65535] = 10;
	assert_true(strip_add(test->strip, NOON + 1, ORIGIN, test->counts));
	assert_int_equal(strip_latest(test->strip, STRIP_TCP_DROPPED)[1], 32);
	assert_int_equal(strip_latest(test->strip, STRIP_TCP_DROPPED)[0], 0);
	assert_int_equal(strip_latest(test->strip, STRIP_PLANES + STRIP_TCP_DROPPED)[1], 2);
	assert_int_equal(strip_latest(test->strip, STRIP_UDP_PASSED)[1023], 55);
	assert_null(strip_latest(test->strip, STRIP_TCP_PASSED));
	assert_null(strip_latest(test->strip, STRIP_UDP_DROPPED));
	assert_int_equal(test->strip->distinct, 2);
	strip_add(test->strip, NOON + 2, ORIGIN, test->counts);
	assert_int_equal(test->strip->distinct, 0);
	assert_null(strip_latest(test->strip, STRIP_TCP_DROPPED));
}

static uint8_t *area_of(struct test *test, struct strip_area *area)
{
	uint8_t *bytes;

	assert_int_equal(strip_read(test->strip, area, &bytes), 0);
	return bytes;
}

static void areas_are_read_by_column_and_by_port(void **state)
{
	struct strip_area all = { .plane = STRIP_TCP_DROPPED, .high = 65535 };
	struct strip_area some = { .plane = STRIP_TCP_DROPPED, .low = 20, .high = 29 };
	struct strip_area many = { .plane = STRIP_TCP_DROPPED, .low = 0, .high = 2047 };
	struct test *test = *state;
	uint8_t *bytes;

	strip_add(test->strip, NOON, ORIGIN, test->counts);
	test->counts->packets[PORTSIEVE_TCP][PORTSIEVE_DROPPED][22] += 3;
	strip_add(test->strip, NOON + 1, ORIGIN, test->counts);
	/* NOON + 2 was missed */
	test->counts->packets[PORTSIEVE_TCP][PORTSIEVE_DROPPED][22] += 1;
	test->counts->packets[PORTSIEVE_TCP][PORTSIEVE_DROPPED][23] += 2;
	test->counts->packets[PORTSIEVE_TCP][PORTSIEVE_DROPPED][30] += 9;
	strip_add(test->strip, NOON + 3, ORIGIN, test->counts);

	bytes = area_of(test, &all);
	assert_int_equal(all.start, NOON + 1);
	assert_int_equal(all.rows, 3);
	assert_int_equal(all.columns, 1024);
	assert_int_equal(bytes[0], 32);
	assert_int_equal(bytes[1024], 0);
	assert_int_equal(bytes[2048], strip_value(12));
	free(bytes);

	bytes = area_of(test, &some);
	assert_int_equal(some.rows, 3);
	assert_int_equal(some.columns, 10);
	assert_int_equal(bytes[2], 32);
	assert_int_equal(bytes[3], 0);
	assert_int_equal(bytes[12], 0);
	assert_int_equal(bytes[22], 16);
	assert_int_equal(bytes[23], 25);
	assert_int_equal(bytes[29], 0);
	free(bytes);

	bytes = area_of(test, &many); /* two ports per column */
	assert_int_equal(many.columns, 1024);
	assert_int_equal(bytes[2048 + 11], 32);
	free(bytes);

	some.since = NOON + 2;
	free(area_of(test, &some));
	assert_int_equal(some.start, NOON + 3);
	assert_int_equal(some.rows, 1);
	some.since = NOON + 3;
	free(area_of(test, &some));
	assert_int_equal(some.rows, 0);
}

static void the_rings_hold_15_and_2_minutes(void **state)
{
	struct strip_area all = { .plane = STRIP_UDP_DROPPED, .high = 65535 };
	struct strip_area some = { .plane = STRIP_UDP_DROPPED, .low = 53, .high = 53 };
	struct test *test = *state;
	uint8_t *bytes;

	for (int second = 0; second < 1000; second++) {
		test->counts->packets[PORTSIEVE_UDP][PORTSIEVE_DROPPED][53] += second % 2;
		strip_add(test->strip, NOON + second, ORIGIN, test->counts);
	}
	bytes = area_of(test, &all);
	assert_int_equal(all.start, NOON + 100);
	assert_int_equal(all.rows, 900);
	for (size_t row = 0; row < 900; row++)
		assert_int_equal(bytes[row * 1024], row % 2 ? 16 : 0);
	free(bytes);
	bytes = area_of(test, &some);
	assert_int_equal(some.start, NOON + 880);
	assert_int_equal(some.rows, 120);
	for (size_t row = 0; row < 120; row++)
		assert_int_equal(bytes[row], row % 2 ? 16 : 0);
	free(bytes);
}

/* Each port of all planes in each second: twice the limit. */
static void single_ports_are_forgotten_before_they_take_too_much_memory(void **state)
{
	struct strip_area some = { .plane = STRIP_TCP_PASSED, .low = 0, .high = 0 };
	struct test *test = *state;
	uint8_t *bytes;

	for (int second = 0; second < 150; second++) {
		for (int port = 0; port < PORTSIEVE_PORTS; port++)
			for (int t = 0; t < 2; t++) {
				test->counts->packets[t][PORTSIEVE_PASSED][port]++;
				test->counts->packets[t][PORTSIEVE_DROPPED][port]++;
			}
		strip_add(test->strip, NOON + second, ORIGIN, test->counts);
		assert_true(test->full_bytes <= STRIP_FULL_BYTES_MAX);
	}
	assert_true(test->full_bytes > STRIP_FULL_BYTES_MAX / 2);
	bytes = area_of(test, &some);
	assert_int_equal(bytes[119], 16);
	assert_int_equal(bytes[119 - 60], 16);
	assert_int_equal(bytes[0], 0);
	free(bytes);
}

int main(void)
{
#define WITH_A_STRIP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_on_a_scale_of_logarithms),
		WITH_A_STRIP(the_first_reading_and_a_new_beginning_add_nothing),
		WITH_A_STRIP(columns_hold_the_sum_of_64_ports_and_how_many_were_hit),
		WITH_A_STRIP(areas_are_read_by_column_and_by_port),
		WITH_A_STRIP(the_rings_hold_15_and_2_minutes),
		WITH_A_STRIP(single_ports_are_forgotten_before_they_take_too_much_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources by a sample of packets, compared with what was sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "watch/event_by_hand.h"
#include "watch/sources.h"

static uint64_t random_next(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	return *random ^= *random << 17;
}

static void add(struct sources *sources, uint32_t source, double packets, uint16_t port)
{
	struct event event = event_of(source, packets, port);

	sources_add(sources, &event);
}

static void assert_source(const struct source *source, const char *address, double packets)
{
	assert_string_equal(policy_prefix_print(&source->address).text, address);
	assert_true(source_packets(source) == packets);
}

static void what_was_recorded_is_added_up_by_source(void **state)
{
	_cleanup_sources_ struct sources sources;
	const struct source **sorted;
	struct event event;

	(void)state;
	assert_int_equal(sources_make(&sources), 0);
	add(&sources, 0xc0000201, 1, 22);
	add(&sources, 0xc0000202, 64, 22);
	add(&sources, 0xc0000202, 64, 23);
	add(&sources, 0xc0000203, 0, 22); /* only a filter has asked for it */
	event = event_of(0xc0000201, 1, 22);
	event.record.verdict = PORTSIEVE_WOULD_DROP;
	event.record.time_ns = 7;
	sources_add(&sources, &event);
	event.record.frame[12] = 0x88; /* no IP */
	sources_add(&sources, &event);

	assert_int_equal(sources_at_least(&sources), 2);
	assert_int_equal(sources_sort(&sources, &sorted), 0);
	assert_source(sorted[0], "192.0.2.2", 128);
	assert_int_equal(source_ports_at_least(sorted[0]), 2);
	assert_source(sorted[1], "192.0.2.1", 2);
	assert_true(sorted[1]->packets[PORTSIEVE_WOULD_DROP] == 1);
	assert_int_equal(sorted[1]->last_ns, 7);
	assert_int_equal(source_ports_at_least(sorted[1]), 1);
	assert_int_equal(sorted[1]->port, 22);
	assert_true(sources.estimated);
	free(sorted);
}

static void ten_packets_an_hour_are_no_noise(void **state)
{
	const uint64_t hour_ns = 3600000000000;
	struct source source = { .packets = { [PORTSIEVE_DROPPED] = 9.5 } };

	(void)state;
	assert_true(source_is_noise(&source, hour_ns));
	assert_true(source_is_noise(&source, 1)); /* an hour is the least that tells */
	source.packets[PORTSIEVE_WOULD_DROP] = 0.5;
	assert_false(source_is_noise(&source, hour_ns));
	assert_false(source_is_noise(&source, 1));
	assert_true(source_is_noise(&source, 2 * hour_ns));
}

enum {
	ZIPF_SOURCES = 10000,
	ZIPF_PACKETS = 4000000,
	ZIPF_TOP = 20,
};

/*
 * Source N sends the N-th part of what the first one sends. Of each 64 packets one is added on
 * average, by random steps as the program takes them. A count from n samples has a standard error
 * of its sqrt(n)-th part.
 */
static void a_sample_of_a_zipf_mix_ranks_as_exact_counts_do(void **state)
{
	static double up_to[ZIPF_SOURCES];
	static uint32_t exact[ZIPF_SOURCES];
	_cleanup_sources_ struct sources sources;
	const struct source **sorted;
	uint64_t random = 88172645463325252;
	unsigned int steps = 1, right = 0;
	double sum = 0;

	(void)state;
	assert_int_equal(sources_make(&sources), 0);
	for (int i = 0; i < ZIPF_SOURCES; i++)
		up_to[i] = sum += 1.0 / (i + 1);
	for (int i = 0; i < ZIPF_PACKETS; i++) {
		double at = (double)(random_next(&random) >> 11) / 9007199254740992.0 * sum;
		int low = 0, high = ZIPF_SOURCES - 1;

		while (low < high) {
			int middle = (low + high) / 2;

			if (up_to[middle] > at)
				high = middle;
			else
				low = middle + 1;
		}
		exact[low]++;
		if (--steps)
			continue;
		add(&sources, 0x0a000000 + (uint32_t)low, 64, 80);
		steps = random_next(&random) >> 20 & 127;
		steps = steps ? steps : 64;
	}
	assert_int_equal(sources_sort(&sources, &sorted), 0);
	for (int i = 0; i < ZIPF_TOP; i++) {
		uint32_t source =
			sorted[i]->address.address[2] << 8 | sorted[i]->address.address[3];
		double about = source_packets(sorted[i]), error = about / exact[source] - 1;

		right += source < ZIPF_TOP;
		assert_true(error * error * exact[source] / 64 < 16); /* within four of them */
	}
	print_message("%u of the top %d are right\n", right, ZIPF_TOP);
	assert_true(right >= ZIPF_TOP - 2);
	free(sorted);
}

static void a_flood_of_spoofed_sources_drives_out_none_that_stands_out(void **state)
{
	_cleanup_sources_ struct sources sources;
	const struct source **sorted;
	uint64_t random = 1;

	(void)state;
	assert_int_equal(sources_make(&sources), 0);
	for (int i = 0; i < 500000; i++) {
		add(&sources, 0x0b000000 | (random_next(&random) >> 30 & 0xffffff), 64, 80);
		if (i % 10000 == 0)
			add(&sources, 0x0a000001, 64, 53);
	}
	assert_int_equal(sources_sort(&sources, &sorted), 0);
	assert_source(sorted[0], "10.0.0.1", 50 * 64);
	free(sorted);
}

/* Never more than there were, nor a tenth less. */
static void many_sources_are_estimated(void **state)
{
	static const uint32_t counts[] = { 1,	  100,	 SOURCES_MAX, SOURCES_MAX + 1,
					   20000, 50000, 300000,      1000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		_cleanup_sources_ struct sources sources;
		uint64_t at_least;

		assert_int_equal(sources_make(&sources), 0);
		for (uint32_t source = 0; source < counts[i]; source++) {
			add(&sources, source, 1, 80);
			add(&sources, source, 1, 81);
		}
		at_least = sources_at_least(&sources);
		assert_in_range(at_least, counts[i] - counts[i] / 10, counts[i]);
		if (counts[i] <= SOURCES_MAX)
			assert_int_equal(at_least, counts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_recorded_is_added_up_by_source),
		cmocka_unit_test(ten_packets_an_hour_are_no_noise),
		cmocka_unit_test(a_sample_of_a_zipf_mix_ranks_as_exact_counts_do),
		cmocka_unit_test(a_flood_of_spoofed_sources_drives_out_none_that_stands_out),
		cmocka_unit_test(many_sources_are_estimated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

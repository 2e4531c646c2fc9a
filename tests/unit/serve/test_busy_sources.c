/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The busiest sources, for hand-made packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "serve/busy_sources.h"
#include "watch/event_by_hand.h"

static void add(struct busy_sources *sources, uint32_t source, double packets, uint16_t port)
{
	struct event event = event_of(source, packets, port);

	busy_sources_add(sources, &event);
}

static const char *address(const struct busy_sources *sources, size_t at)
{
	static char text[64];

	strcpy(text, policy_prefix_print(&sources->list[at].address).text);
	return text;
}

static void only_dropped_packets_count(void **state)
{
	struct busy_sources sources = { 0 };
	struct event event = event_of(0xc0000201, 1, 22);

	(void)state;
	event.record.verdict = PORTSIEVE_PASSED;
	busy_sources_add(&sources, &event);
	add(&sources, 0xc0000201, 0, 22); /* recorded only because of a filter */
	event.record.verdict = PORTSIEVE_DROPPED;
	event.record.frame[12] = 0x88; /* not IP */
	busy_sources_add(&sources, &event);
	assert_int_equal(sources.count, 0);
	event = event_of(0xc0000201, 1, 22);
	event.record.verdict = PORTSIEVE_WOULD_DROP;
	busy_sources_add(&sources, &event);
	assert_int_equal(sources.count, 1);
}

static void the_busiest_come_first_with_their_mean_rate(void **state)
{
	struct busy_sources sources = { 0 };

	(void)state;
	for (int second = 0; second < 60; second++) {
		add(&sources, 0xc0000201, 10, 22);
		add(&sources, 0xc0000202, 64, 22);
		add(&sources, 0xc0000202, 64, 23);
		busy_sources_next(&sources, 1);
	}
	assert_int_equal(sources.count, 2);
	assert_string_equal(address(&sources, 0), "192.0.2.2");
	assert_true(sources.list[0].rate > 127.9 && sources.list[0].rate < 128.1);
	assert_true(sources.list[0].several_ports);
	assert_string_equal(address(&sources, 1), "192.0.2.1");
	assert_true(sources.list[1].rate > 9.9 && sources.list[1].rate < 10.1);
	assert_false(sources.list[1].several_ports);
	assert_int_equal(sources.list[1].port, 22);
}

static void one_that_sends_no_more_is_forgotten(void **state)
{
	struct busy_sources sources = { 0 };

	(void)state;
	add(&sources, 0xc0000201, 1000, 22);
	busy_sources_next(&sources, 1);
	busy_sources_next(&sources, 10);
	assert_int_equal(sources.count, 1);
	for (int second = 0; second < 60; second++)
		busy_sources_next(&sources, 1);
	assert_int_equal(sources.count, 0);
}

static void a_busy_source_stays_among_many_that_send_once(void **state)
{
	struct busy_sources sources = { 0 };
	uint32_t other = 0x0a000000;

	(void)state;
	for (int second = 0; second < 20; second++) {
		for (int i = 0; i < 2000; i++) {
			add(&sources, other++, 1, 22);
			if (i % 20 == 0)
				add(&sources, 0xc0000201, 1, 22);
		}
		busy_sources_next(&sources, 1);
	}
	assert_int_equal(sources.count, BUSY_SOURCES_MAX);
	assert_string_equal(address(&sources, 0), "192.0.2.1");
	assert_true(sources.list[0].rate > 90 && sources.list[0].rate < 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_dropped_packets_count),
		cmocka_unit_test(the_busiest_come_first_with_their_mean_rate),
		cmocka_unit_test(one_that_sends_no_more_is_forgotten),
		cmocka_unit_test(a_busy_source_stays_among_many_that_send_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Judging natively: the table of prefixes, time and counting. tests/packet/judge.c compares the
 * verdicts with the kernel's on millions of frames.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "compile/compile.h"
#include "compile/counter_ids.h"
#include "judge/native.h"
#include "packet/frame.h"
#include "packet/text.h"

static struct portsieve_image image;

/* Reversed: prefixes read from a trie come in any order. */
static void reverse(struct addresses *addresses)
{
	for (size_t i = 0; i < addresses->count / 2; i++) {
		struct address_class *one = &addresses->list[i],
				     *other = &addresses->list[addresses->count - 1 - i], kept;

		kept = *one;
		*one = *other;
		*other = kept;
	}
}

static struct native *native_of(const char *text)
{
	const struct policy_host host = { .realtime_ns = 1000000000, .boottime_ns = 1000000000 };
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct native *native = NULL;
	struct error error = { 0 };
	struct policy policy;

	assert_int_equal(policy_read(text, strlen(text), "policy", &host, &policy, &error), 0);
	assert_int_equal(image_compile(&policy, &host, "policy", &image, &error), 0);
	assert_int_equal(addresses_compile(&policy, "policy", &addresses, &error), 0);
	assert_int_equal(counter_ids_assign(&image, NULL), 0);
	policy_free(&policy);
	reverse(&addresses);
	assert_int_equal(native_open(&image, &addresses, &native, &error), 0);
	return native;
}

/* The name of the rule that decides the packet, or "" for the default. */
static const char *rule_for(struct native *native, const char *packet, uint64_t boottime_ns)
{
	uint8_t frame[PACKET_FRAME_MAX];
	struct portsieve_trace decision;
	struct error error = { 0 };
	size_t length_bytes;

	assert_int_equal(packet_text_frame(packet, frame, &length_bytes, &error), 0);
	decision = native_judge(native, frame, length_bytes, boottime_ns);
	assert_true(decision.range < PORTSIEVE_RANGES);
	if (decision.range < PORTSIEVE_RANGE_RULES)
		return "";
	return image.rule[image.range[decision.range].rule].name;
}

static void longest_prefix_decides(void **state)
{
	static const struct {
		const char *packet, *rule;
	} cases[] = {
		{ "tcp 9.255.255.255:1 > 192.0.2.1:22", "rest" },
		{ "tcp 10.0.0.0:1 > 192.0.2.1:22", "ten" },
		{ "tcp 10.1.0.0:1 > 192.0.2.1:22", "one" },
		{ "tcp 10.1.255.255:1 > 192.0.2.1:22", "one" },
		{ "tcp 10.1.2.3:1 > 192.0.2.1:22", "host" },
		{ "tcp 10.1.2.4:1 > 192.0.2.1:22", "one" },
		{ "tcp 10.2.0.0:1 > 192.0.2.1:22", "ten" },
		{ "tcp 10.255.255.255:1 > 192.0.2.1:22", "ten" },
		{ "tcp 11.0.0.0:1 > 192.0.2.1:22", "rest" },
		{ "tcp 11.0.0.0:1 > 10.0.0.1:22", "to" },
		{ "tcp 255.255.255.255:1 > 9.9.9.9:22", "rest" },
		{ "tcp 0.0.0.0:1 > 9.9.9.9:22", "rest" },
		{ "tcp [2001:db8::1]:1 > [2001:db9::1]:22", "six" },
		{ "tcp [a00::1]:1 > [2001:db9::1]:22", "rest" }, /* 10.0.0.0 in the first bytes */
		{ "tcp [::]:1 > [::]:22", "rest" },
	};
	_cleanup_native_ struct native *native =
		native_of("version: 1\n"
			  "default: drop\n"
			  "rules:\n"
			  "  - {name: host, action: allow, ports: tcp/22, from: 10.1.2.3}\n"
			  "  - {name: one, action: allow, ports: tcp/22, from: 10.1.0.0/16}\n"
			  "  - {name: ten, action: allow, ports: tcp/22, from: 10.0.0.0/8}\n"
			  "  - {name: six, action: allow, ports: tcp/22, from: \"2001:db8::/32\"}\n"
			  "  - {name: to, action: drop, ports: tcp/22, to: 10.0.0.0/8}\n"
			  "  - {name: rest, action: allow, ports: tcp/22}\n");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(rule_for(native, cases[i].packet, 0), cases[i].rule);
}

static void policy_without_addresses_needs_no_table(void **state)
{
	_cleanup_native_ struct native *native =
		native_of("version: 1\nrules: [{name: web, action: allow, ports: tcp/80}]\n");

	(void)state;
	assert_string_equal(rule_for(native, "tcp 10.0.0.1:1 > 10.0.0.2:80", 0), "web");
	assert_string_equal(rule_for(native, "tcp 10.0.0.1:1 > 10.0.0.2:81", 0), "");
}

static void rule_ends_at_its_time(void **state)
{
	_cleanup_native_ struct native *native =
		native_of("version: 1\n"
			  "runtime: [{name: guest, action: allow, ports: tcp/80, "
			  "until: \"1970-01-01T00:00:05Z\"}]\n");

	(void)state;
	assert_string_equal(rule_for(native, "tcp 10.0.0.1:1 > 10.0.0.2:80", 4999999999), "guest");
	assert_string_equal(rule_for(native, "tcp 10.0.0.1:1 > 10.0.0.2:80", 5000000000), "");
}

static void packets_are_counted_in_their_row(void **state)
{
	_cleanup_native_ struct native *native =
		native_of("version: 1\nrules: [{name: web, action: drop, ports: tcp/80}]\n");
	const struct portsieve_counter *row;

	(void)state;
	rule_for(native, "tcp 10.0.0.1:1 > 10.0.0.2:80 S", 0);
	rule_for(native, "tcp 10.0.0.1:1 > 10.0.0.2:80 A", 0);
	row = &native_counters(native)[image.counter[PORTSIEVE_RANGE_RULES]];
	assert_int_equal(row->verdict[PORTSIEVE_DROPPED].packets, 2);
	assert_int_equal(row->verdict[PORTSIEVE_DROPPED].bytes, 2 * 60);
	assert_int_equal(row->verdict[PORTSIEVE_PASSED].packets, 0);
	assert_int_equal(row->new_connections, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_prefix_decides),
		cmocka_unit_test(policy_without_addresses_needs_no_table),
		cmocka_unit_test(rule_ends_at_its_time),
		cmocka_unit_test(packets_are_counted_in_their_row),
	};

	return cmocka_run_group_tests_name("native", tests, NULL, NULL);
}

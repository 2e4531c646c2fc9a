/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protocols without ports in `ports`: the error, at every position. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/knobs.h"
#include "policy/policy.h"

struct refusal {
	const char *text;
	size_t column;
	const char *protocol;
	const char *decided;
};

static const struct refusal refusals[] = {
	{ "icmp", 1, "icmp", "see icmp_echo and icmp_other of 'portless'" },
	{ "tcp/80 icmp udp/1", 8, "icmp", "see icmp_echo and icmp_other of 'portless'" },
	{ "icmp/8", 1, "icmp", "see icmp_echo and icmp_other of 'portless'" },
	{ "tcp/80,icmp", 8, "icmp", "see icmp_echo and icmp_other of 'portless'" },
	{ "icmpv6", 1, "icmpv6",
	  "see icmpv6_echo, icmpv6_mobility and icmpv6_other of 'portless'" },
	{ "icmpv6/128", 1, "icmpv6",
	  "see icmpv6_echo, icmpv6_mobility and icmpv6_other of 'portless'" },
	{ "igmp", 1, "igmp", "it always passes" },
	{ "esp/all", 1, "esp", "see other_protocol and, for IPv6, no_port of 'portless'" },
	{ "ah", 1, "ah", "see other_protocol and, for IPv6, authentication of 'portless'" },
	{ "gre", 1, "gre", "see other_protocol of 'portless'" },
};

static void is_refused(void **state)
{
	const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };
	const struct refusal *refusal = *state;
	struct policy_interval *intervals;
	struct error error = { 0 };
	char expected[256];
	size_t count;

	snprintf(expected, sizeof(expected), "'%s' has no ports, and rules are about ports: %s",
		 refusal->protocol, refusal->decided);
	assert_int_equal(policy_ports_read(refusal->text, &host, &intervals, &count, NULL, &error),
			 -EINVAL);
	assert_string_equal(error.text, expected);
	assert_int_equal(error.column, refusal->column);
	assert_int_equal(error.exit, EXIT_USAGE);
}

/* The settings that are named are those of the policy. */
static void the_settings_exist(void **state)
{
	static const char *const names[] = { "icmp_echo",	"icmp_other",	 "icmpv6_echo",
					     "icmpv6_mobility", "icmpv6_other",	 "other_protocol",
					     "no_port",		"authentication" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool found = false;

		for (int knob = 0; knob < PORTSIEVE_KNOBS; knob++)
			found |= knobs[knob].name && !strcmp(knobs[knob].name, names[i]);
		assert_true(found);
	}
}

int main(void)
{
	enum { COUNT = sizeof(refusals) / sizeof(refusals[0]) };
	struct CMUnitTest tests[COUNT + 1] = { cmocka_unit_test(the_settings_exist) };

	for (size_t i = 0; i < COUNT; i++)
		tests[i + 1] = (struct CMUnitTest){ .name = refusals[i].text,
						    .test_func = is_refused,
						    .initial_state = (void *)&refusals[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

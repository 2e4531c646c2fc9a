/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy_rules_same(): two rules with the same meaning, in any order of their parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

/* The rule {name: NAME, WORDS} of a policy of its own. */
static struct policy policy_of(const char *name, const char *words)
{
	struct policy policy;
	struct error error = { 0 };
	char text[512];

	snprintf(text, sizeof(text), "version: 1\nrules: [{name: %s, %s}]\n", name, words);
	if (policy_read(text, strlen(text), "test.yaml", &host, &policy, &error))
		fail_msg("%s: %s", words, error.text);
	return policy;
}

static bool same(const char *words, const char *others)
{
	struct policy policy = policy_of("one", words), other = policy_of("other", others);
	bool result = policy_rules_same(&policy.rules[0], &other.rules[0]);

	if (policy_rules_same(&other.rules[0], &policy.rules[0]) != result)
		fail_msg("%s | %s: not the same the other way round", words, others);
	policy_free(&policy);
	policy_free(&other);
	return result;
}

static void the_order_means_nothing(void **state)
{
	static const char *const pairs[][2] = {
		{ "action: allow, ports: tcp/80", "action: allow, ports: tcp/http" },
		{ "action: drop, ports: 'tcp/20,21'", "action: drop, ports: 'tcp/21,20'" },
		{ "action: drop, ports: 'tcp/20,21'", "action: drop, ports: tcp/20-21" },
		{ "action: drop, ports: 'tcp/20-30,25-40'", "action: drop, ports: tcp/20-40" },
		{ "action: drop, ports: 'tcp/20-40,25'", "action: drop, ports: tcp/20-40" },
		{ "action: drop, ports: tcp/1 udp/2", "action: drop, ports: udp/2 tcp/1 tcp/1" },
		{ "action: drop, ports: tcp/65534-65535",
		  "action: drop, ports: 'tcp/65535,65534'" },
		{ "action: drop, ports: tcp/1, from: [10.0.0.0/8, '2001:db8::/32']",
		  "action: drop, ports: tcp/1, from: ['2001:db8::/32', 10.0.0.0/8]" },
		{ "action: drop, ports: tcp/1, to: [192.0.2.1, 192.0.2.1]",
		  "action: drop, ports: tcp/1, to: 192.0.2.1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (!same(pairs[i][0], pairs[i][1]))
			fail_msg("%s | %s", pairs[i][0], pairs[i][1]);
}

static void another_verdict_port_or_address_is_something_else(void **state)
{
	static const char *const pairs[][2] = {
		{ "action: allow, ports: tcp/80", "action: drop, ports: tcp/80" },
		{ "action: drop, ports: tcp/80", "action: drop, ports: tcp/81" },
		{ "action: drop, ports: tcp/80", "action: drop, ports: udp/80" },
		{ "action: drop, ports: tcp/80", "action: drop, ports: tcp/80-81" },
		{ "action: drop, ports: tcp/79-80", "action: drop, ports: tcp/80" },
		{ "action: drop, ports: 'tcp/20,22'", "action: drop, ports: tcp/20-22" },
		{ "action: drop, ports: tcp/1", "action: drop, ports: tcp/1, from: 0.0.0.0/0" },
		{ "action: drop, ports: tcp/1, from: 10.0.0.0/8",
		  "action: drop, ports: tcp/1, to: 10.0.0.0/8" },
		{ "action: allow, ports: tcp/1, from: 10.0.0.0/8",
		  "action: allow, ports: tcp/1, only_from: 10.0.0.0/8" },
		{ "action: drop, ports: tcp/1, from: 10.0.0.0/8",
		  "action: drop, ports: tcp/1, from: 10.0.0.0/9" },
		{ "action: drop, ports: tcp/1, from: 0.0.0.0/0",
		  "action: drop, ports: tcp/1, from: '::/0'" },
		{ "action: drop, ports: tcp/1, from: [10.0.0.1, 10.0.0.2]",
		  "action: drop, ports: tcp/1, from: [10.0.0.1, 10.0.0.3]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (same(pairs[i][0], pairs[i][1]))
			fail_msg("%s | %s", pairs[i][0], pairs[i][1]);
}

static void the_end_means_nothing(void **state)
{
	struct policy policy = policy_of("one", "action: drop, ports: tcp/80");
	struct policy_rule later = policy.rules[0];

	(void)state;
	later.until_ns = 99;
	assert_true(policy_rules_same(&policy.rules[0], &later));
	policy_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_means_nothing),
		cmocka_unit_test(another_verdict_port_or_address_is_something_else),
		cmocka_unit_test(the_end_means_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

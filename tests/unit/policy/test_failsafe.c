/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Failsafe rules: reading and printing them, and their place before runtime rules. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/failsafe.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

static void read_failsafe(const char *text, struct policy *ret_failsafe)
{
	struct error error = { 0 };

	if (policy_failsafe_read(text, strlen(text), "f", &host, ret_failsafe, NULL, &error))
		fail_msg("%zu:%zu: %s", error.line, error.column, error.text);
}

/* The policy of `text` after the failsafe rules of `failsafe`. */
static struct policy with_failsafe(const char *failsafe, const char *text)
{
	struct policy first, policy;
	struct error error = { 0 };

	read_failsafe(failsafe, &first);
	assert_int_equal(policy_read(text, strlen(text), "p", &host, &policy, &error), 0);
	assert_int_equal(policy_failsafe_put(&policy, &first, &error), 0);
	assert_int_equal(first.rules_count, 0);
	return policy;
}

/* The names of the rules in order, each list in parentheses: "(failsafe)(runtime)(file)". */
static void assert_order(const struct policy *policy, const char *expected)
{
	char names[256] = "(", *end = names + 1;

	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (i == policy->failsafe_count)
			end = stpcpy(end, ")(");
		if (i == policy->failsafe_count + policy->runtime_count)
			end = stpcpy(end, ")(");
		end = stpcpy(stpcpy(end, " "), rule->name);
		assert_int_equal(rule->failsafe, i < policy->failsafe_count);
	}
	strcpy(end, ")");
	assert_string_equal(names, expected);
}

static const char ssh[] = "{version: 1, rules: [{name: ssh, action: allow, ports: tcp/22}]}";

static void names_get_a_prefix_and_lose_it_in_print(void **state)
{
	struct policy policy = with_failsafe("version: 1\nrules:\n"
					     "- {name: name-of-23-characters--, action: allow, "
					     "ports: tcp/22, from: 10.0.0.0/8}\n"
					     "- {name: on, action: allow, ports: \"tcp/80,443 "
					     "udp/ephemeral\", to: \"2001:db8::\"}",
					     "{version: 1, default: drop}");
	struct policy again;
	char *text, *failsafe, *second;

	(void)state;
	assert_order(&policy, "( failsafe:name-of-23-characters-- failsafe:on)");
	text = policy_print(&policy, &host);
	failsafe = policy_failsafe_print(&policy, &host);
	assert_string_equal(text, "version: 1\ndefault: drop\n");
	assert_string_equal(
		failsafe,
		"version: 1\nrules:\n"
		"  - {name: name-of-23-characters--, action: allow, ports: tcp/22, from: "
		"[10.0.0.0/8]}\n"
		"  - {name: \"on\", action: allow, ports: \"tcp/80,443 udp/ephemeral\", to: "
		"[\"2001:db8::\"]}\n");
	read_failsafe(failsafe, &again);
	second = policy_failsafe_print(&again, &host);
	assert_string_equal(second, failsafe);
	policy_free(&policy);
	policy_free(&again);
	free(text);
	free(failsafe);
	free(second);
}

static void a_policy_without_any_prints_none(void **state)
{
	struct policy policy;
	char *text;

	(void)state;
	policy_init(&policy);
	text = policy_failsafe_print(&policy, &host);
	assert_string_equal(text, "");
	free(text);
}

static void they_stay_before_runtime_rules(void **state)
{
	struct policy policy = with_failsafe(
		ssh, "{version: 1, runtime: [{name: ssh, action: drop, ports: tcp/22}], "
		     "rules: [{name: web, action: drop, ports: tcp/80}]}");
	struct policy other = with_failsafe(
		ssh, "{version: 1, rules: [{name: web, action: drop, ports: tcp/80}]}");
	struct policy added = with_failsafe(
		"{version: 1}",
		"{version: 1, runtime: [{name: new, action: drop, ports: tcp/23}, {name: ssh, "
		"action: drop, ports: tcp/22}]}");
	const char *names[] = { "failsafe:ssh", "new" };
	const struct policy_runtime_choice choice = { .names = names, .names_count = 2 };
	struct policy_rule *removed = NULL;
	struct error error = { 0 };
	size_t renewed, count;

	(void)state;
	assert_order(&policy, "( failsafe:ssh)( ssh)( web)");
	assert_int_equal(policy_runtime_add(&policy, &added.rules[0], 1, &host, &renewed, &error),
			 0);
	assert_order(&policy, "( failsafe:ssh)( new ssh)( web)");
	assert_int_equal(policy_runtime_keep(&other, &policy, &host, &error), 0);
	assert_order(&other, "( failsafe:ssh)( new ssh)( web)");

	/* the same again moves it to the front of the runtime rules only */
	assert_int_equal(policy_runtime_add(&policy, &added.rules[1], 1, &host, &renewed, &error),
			 0);
	assert_int_equal(renewed, 1);
	assert_order(&policy, "( failsafe:ssh)( ssh new)( web)");
	policy.rules[1].until_ns = 5;
	policy_runtime_expire(&policy, 6);
	assert_order(&policy, "( failsafe:ssh)( new)( web)");
	assert_int_equal(policy_runtime_refuse_name(&policy, "failsafe:ssh", &error), -ENOENT);
	assert_non_null(
		strstr(error.text, "'failsafe:ssh' is a failsafe rule, not a runtime rule"));
	assert_int_equal(policy_runtime_remove(&policy, &choice, &removed, &count), 0);
	assert_int_equal(count, 1);
	assert_order(&policy, "( failsafe:ssh)()( web)");
	policy_rule_free(removed);
	free(removed);
	policy_free(&policy);
	policy_free(&other);
	policy_free(&added);
}

static void what_only_a_policy_may_have_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
		size_t line, column;
	} refused[] = {
		{ "{version: 1, default: drop}",
		  "'default' is for policies: write only 'version' "
		  "and 'rules' here",
		  1, 14 },
		{ "{version: 1, mode: monitor}", "'mode' is for policies", 1, 14 },
		{ "{version: 1, runtime: []}", "'runtime' is for policies", 1, 14 },
		{ "{version: 1, portless: {icmp_echo: drop}}", "'portless' is for policies", 1,
		  14 },
		{ "{version: 1, rulse: []}", "unknown key 'rulse' in the failsafe file", 1, 14 },
		{ "{rules: []}", "missing key 'version' in the failsafe file", 1, 1 },
		{ "", "the policy is empty", 1, 1 },
		{ "version: 1\nrules: [{ports: \"tcp/1,2\", action: drop, name: a}]",
		  "a failsafe rule cannot drop: write allow, or move the rule to the policy", 2,
		  36 },
		{ "version: 1\nrules: [{name: a, ports: tcp/1,2, action: drop}]",
		  "a failsafe rule cannot drop", 2, 43 },
		{ "version: 1\nrules: [{name: name-of-24-characters---, action: allow, ports: "
		  "tcp/1}]",
		  "the name 'name-of-24-characters---' is too long for a failsafe rule: write at "
		  "most 23 characters",
		  2, 16 },
		{ "version: 1\nrules: [{name: a, action: allow, ports: tcp/1, only_from: "
		  "10.0.0.0/8}]",
		  "a failsafe rule cannot drop: write 'from'", 2, 48 },
		{ "version: 1\nrules: [{name: a, action: allow, ports: tcp/1, until: "
		  "2030-01-01T00:00:00Z}]",
		  "'until' is for rules of 'runtime' only", 2, 48 },
		{ "version: 1\nrules:\n- {name: a, action: allow, ports: tcp/1}\n"
		  "- {name: a, action: allow, ports: tcp/2}",
		  "duplicate rule name", 4, 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct policy failsafe;
		struct error error = { 0 };

		assert_int_equal(policy_failsafe_read(refused[i].text, strlen(refused[i].text), "f",
						      &host, &failsafe, NULL, &error),
				 -EINVAL);
		if (!strstr(error.text, refused[i].error))
			fail_msg("%s: %s", refused[i].text, error.text);
		assert_int_equal(error.line, refused[i].line);
		assert_int_equal(error.column, refused[i].column);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_get_a_prefix_and_lose_it_in_print),
		cmocka_unit_test(a_policy_without_any_prints_none),
		cmocka_unit_test(they_stay_before_runtime_rules),
		cmocka_unit_test(what_only_a_policy_may_have_is_refused),
	};

	return cmocka_run_group_tests_name("policy_failsafe", tests, NULL, NULL);
}

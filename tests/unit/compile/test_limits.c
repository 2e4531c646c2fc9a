/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiler at its limits: ranges, rules, time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/build_policy.h"
#include "compile/compile.h"
#include "compiled_image.h"

enum { RANGES = PORTSIEVE_RANGE_RULES + PORTSIEVE_RANGES_MAX }; /* without failsafe rules */

/* Adds ranges of one port each, no two of them next to each other. */
static void add_single_ports(struct policy_rule *rule, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		add_ports(rule, i * 2 >> 16, i * 2 & 0xffff, i * 2 & 0xffff);
}

static void assert_too_many(const struct policy *policy, size_t line)
{
	struct error error = { 0 };

	assert_int_equal(image_compile(policy, &host, "limits.yaml", image, &error), -E2BIG);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_string_equal(error.file, "limits.yaml");
	assert_int_equal(error.line, line);
	assert_int_equal(error.column, 40);
	assert_non_null(strstr(error.text, "more than 16384 port ranges"));
}

static void a_rule_may_have_as_many_ranges_as_a_policy(void **state)
{
	struct error error = { 0 };
	struct policy policy;
	struct policy_rule *rule;

	(void)state;
	policy_init(&policy);
	rule = add_rule(&policy, "many", POLICY_DROP);
	add_single_ports(rule, PORTSIEVE_RANGES_MAX);
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
	assert_int_equal(image->ranges, RANGES);
	assert_int_equal(image->port[0][32766], 0x8000 | (17 + 16383));
	add_ports(rule, PORTSIEVE_DCCP, 1, 1);
	assert_too_many(&policy, 1);
	policy_free(&policy);
}

static void the_rule_with_one_range_too_many_is_named(void **state)
{
	struct error error = { 0 };
	struct policy policy;

	(void)state;
	policy_init(&policy);
	add_single_ports(add_rule(&policy, "many", POLICY_DROP), PORTSIEVE_RANGES_MAX - 1);
	add_ports(add_rule(&policy, "last", POLICY_ALLOW), PORTSIEVE_SCTP, 7, 9);
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
	add_ports(add_rule(&policy, "over", POLICY_ALLOW), PORTSIEVE_SCTP, 8, 8);
	add_rule(&policy, "behind", POLICY_ALLOW);
	assert_too_many(&policy, 3);
	policy_free(&policy);
}

static void ranges_are_counted_after_merging(void **state)
{
	struct error error = { 0 };
	struct policy policy;
	struct policy_rule *rule;

	(void)state;
	policy_init(&policy);
	rule = add_rule(&policy, "many", POLICY_DROP);
	add_single_ports(rule, PORTSIEVE_RANGES_MAX);
	add_single_ports(rule, PORTSIEVE_RANGES_MAX);
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
	assert_int_equal(image->ranges, RANGES);
	policy_free(&policy);
}

static void ranges_of_failsafe_rules_are_counted_apart(void **state)
{
	struct error error = { 0 };
	struct policy policy;
	struct policy_rule *rule;

	(void)state;
	policy_init(&policy);
	rule = add_rule(&policy, "failsafe:many", POLICY_ALLOW);
	rule->failsafe = true;
	policy.failsafe_count = 1;
	add_single_ports(rule, PORTSIEVE_FAILSAFE_RANGES_MAX);
	rule = add_rule(&policy, "many", POLICY_DROP);
	add_single_ports(rule, PORTSIEVE_RANGES_MAX);
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
	assert_int_equal(image->ranges, PORTSIEVE_RANGES);
	assert_int_equal(image->port[0][2 * 255], 17 + 255);
	assert_int_equal(image->port[0][2 * 256], 0x8000 | (17 + 256 + 256));
	assert_true(image->rule[0].failsafe && !image->rule[1].failsafe);
	add_ports(rule, PORTSIEVE_DCCP, 1, 1);
	assert_too_many(&policy, 2);
	add_ports(&policy.rules[0], PORTSIEVE_DCCP, 1, 1);
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), -E2BIG);
	assert_string_equal(error.file, "/etc/portsieve/failsafe.yaml");
	assert_non_null(strstr(error.text, "more than 256 port ranges"));
	policy_free(&policy);
}

static void an_error_may_be_unwanted(void **state)
{
	struct policy policy;

	(void)state;
	policy_init(&policy);
	add_single_ports(add_rule(&policy, "many", POLICY_DROP), PORTSIEVE_RANGES_MAX + 1);
	assert_int_equal(image_compile(&policy, &host, "p", image, NULL), -E2BIG);
	policy_free(&policy);
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A walk over each rule's ports would take 10^9 steps. */
static void rules_that_all_name_all_ports_compile_quickly(void **state)
{
	struct error error = { 0 };
	struct policy policy;
	double start;
	char name[16];

	(void)state;
	policy_init(&policy);
	for (int i = 0; i < PORTSIEVE_RULES_MAX; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		add_ports(add_rule(&policy, name, POLICY_DROP), PORTSIEVE_TCP, 0, 65535);
	}
	start = cpu_seconds();
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
	assert_true(cpu_seconds() - start < 1.0);
	assert_int_equal(image->rules, PORTSIEVE_RULES_MAX);
	assert_string_equal(image->rule[PORTSIEVE_RULES_MAX - 1].name, "r16383");
	assert_int_equal(image->range[RANGES - 1].rule, PORTSIEVE_RULES_MAX - 1);
	for (int port = 0; port < PORTSIEVE_PORTS; port++)
		assert_int_equal(image->port[PORTSIEVE_TCP][port], 0x8000 | 17);
	policy_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_may_have_as_many_ranges_as_a_policy),
		cmocka_unit_test(the_rule_with_one_range_too_many_is_named),
		cmocka_unit_test(ranges_are_counted_after_merging),
		cmocka_unit_test(ranges_of_failsafe_rules_are_counted_apart),
		cmocka_unit_test(an_error_may_be_unwanted),
		cmocka_unit_test(rules_that_all_name_all_ports_compile_quickly),
	};

	return cmocka_run_group_tests_name("compile_limits", tests, make_image, free_image);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences of large policies: long lists of prefixes, and the limit of questions about
 * addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "diff_case.h"

/* A rule with PREFIXES of /32 for all ports, and other rules' ranges after it. */
static void add_block_list(struct policy *policy, uint32_t prefixes, uint32_t ranges)
{
	struct policy_rule *block = tcp(policy, "block", POLICY_DROP, 0, 65535);

	for (uint32_t i = 0; i < prefixes; i++) {
		uint32_t address = htonl(0x0b000000 + 2 * (i * 7919 % prefixes));
		struct policy_prefix prefix = { .length = 32 };

		memcpy(prefix.address, &address, sizeof(address));
		add_prefix(&block->from, prefix);
	}
	for (uint32_t i = 0; i < ranges; i++) {
		char name[16];

		snprintf(name, sizeof(name), "r%u", i);
		tcp(policy, name, POLICY_ALLOW, 10 * i, 10 * i + 4);
	}
}

/* An algorithm quadratic in the prefixes would exceed the test's time limit. */
static void test_long_lists(void **state)
{
	struct policy_prefix more = prefix_of("203.0.113.7", 32);
	const struct policy_diff *diff;
	struct case_of_two two;

	(void)state;
	set_up(&two, POLICY_ALLOW, POLICY_ALLOW);
	add_block_list(&two.old, 100000, 1000);
	add_block_list(&two.new, 100000, 1000);
	assert_true(policy_diff_is_empty(compare(&two)));
	add_prefix(&two.new.rules[0].from, more);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 2000); /* allowed by a rule, by the default, ... */
	is_prefixes(&diff->changes[0].from->in, &more, 1);
	two.new.rules[0].action = POLICY_ALLOW;
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 1);
	is_change(&diff->changes[0], 0, 65535, "block");
	assert_int_equal(diff->changes[0].from->in.count, 100000);
	/* twenty times what a desktop needs with sanitizers; quadratic time takes hours */
	tear_down(&two);
}

/* Rules with one source and one destination each: count + 1 classes of each. */
static void add_pairs(struct case_of_two *two, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t address = htonl(0x0a000000 + i);
		struct policy_prefix prefix = { .length = 32 };
		struct policy_rule *rule;
		char name[16];

		memcpy(prefix.address, &address, sizeof(address));
		snprintf(name, sizeof(name), "r%u", i);
		rule = tcp(&two->new, name, POLICY_ALLOW, 22, 23);
		add_prefix(&rule->from, prefix);
		add_prefix(&rule->to, prefix);
	}
}

static void test_a_million_questions_are_answered(void **state)
{
	struct case_of_two two;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	add_pairs(&two, 999);
	assert_int_equal(compare(&two)->changes_count, 999);
	assert_false(two.diff.changes[0].unclear);
	tear_down(&two);
}

static void test_too_many_questions_are_said_to_be(void **state)
{
	struct case_of_two two;
	const struct policy_diff *diff;

	(void)state;
	set_up(&two, POLICY_DROP, POLICY_DROP);
	add_pairs(&two, 1000);
	diff = compare(&two);
	assert_int_equal(diff->changes_count, 1);
	assert_true(diff->changes[0].unclear);
	assert_int_equal(diff->changes[0].low, 22);
	assert_int_equal(diff->changes[0].high, 23);
	tear_down(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_lists),
		cmocka_unit_test(test_a_million_questions_are_answered),
		cmocka_unit_test(test_too_many_questions_are_said_to_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

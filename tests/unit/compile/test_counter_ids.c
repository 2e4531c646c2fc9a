/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows count which ranges, over changes of policy. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/build_policy.h"
#include "compile/compile.h"
#include "compile/counter_ids.h"

#define TCP(low, high) (&(struct policy_interval){ low, high, PORTSIEVE_TCP })
#define UDP(low, high) (&(struct policy_interval){ low, high, PORTSIEVE_UDP })

/* The policy's image without rows; frees the policy. */
static struct portsieve_image *compile(struct policy *policy)
{
	struct portsieve_image *image = calloc(1, sizeof(*image));
	struct policy_host host = { 0 };
	struct error error = { 0 };

	assert_non_null(image);
	if (image_compile(policy, &host, "p", image, &error))
		fail_msg("%s", error.text);
	policy_free(policy);
	return image;
}

static struct portsieve_image *assigned(struct policy *policy,
					const struct portsieve_image *previous)
{
	struct portsieve_image *image = compile(policy);

	assert_int_equal(counter_ids_assign(image, previous), 0);
	return image;
}

/* The row of the rule's first range. */
static unsigned int row_of(const struct portsieve_image *image, const char *rule)
{
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++)
		if (!strcmp(image->rule[image->range[id].rule].name, rule))
			return image->counter[id];
	fail_msg("no rule %s", rule);
	return 0;
}

static bool is_same(const struct portsieve_image *a, uint32_t id_a, const struct portsieve_image *b,
		    uint32_t id_b)
{
	const struct portsieve_range *one = &a->range[id_a], *other = &b->range[id_b];

	return one->low == other->low && one->high == other->high &&
	       one->transport == other->transport &&
	       !strcmp(a->rule[one->rule].name, b->rule[other->rule].name);
}

/*
 * Checks that rows are in the pool, unique, below the high-water mark, and that no new range has a
 * row of `previous`.
 */
static void assert_rows(const struct portsieve_image *image, const struct portsieve_image *previous)
{
	static bool used[PORTSIEVE_COUNTERS];
	static uint16_t owner[PORTSIEVE_COUNTERS]; /* range id in previous, 0: none */

	memset(used, 0, sizeof(used));
	memset(owner, 0, sizeof(owner));
	for (uint32_t id = PORTSIEVE_RANGE_RULES; previous && id < previous->ranges; id++)
		owner[previous->counter[id]] = id;
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
		uint32_t row = image->counter[id];

		assert_true(row >= PORTSIEVE_COUNTER_POOL && row < PORTSIEVE_COUNTERS);
		assert_true(row < image->counters);
		assert_false(used[row]);
		used[row] = true;
		assert_true(!owner[row] || is_same(image, id, previous, owner[row]));
	}
	assert_true(!previous || image->counters >= previous->counters);
}

static void the_first_policy_gets_the_first_rows(void **state)
{
	struct portsieve_image *image;
	struct policy policy;

	(void)state;
	policy_init(&policy);
	image = assigned(&policy, NULL);
	assert_int_equal(image->counters, PORTSIEVE_COUNTER_POOL);
	free(image);
	add_rule_of(&policy, "b", POLICY_DROP, TCP(9, 9));
	add_rule_of(&policy, "a", POLICY_DROP, TCP(5, 5));
	image = assigned(&policy, NULL);
	assert_int_equal(row_of(image, "b"), PORTSIEVE_COUNTER_POOL);
	assert_int_equal(row_of(image, "a"), PORTSIEVE_COUNTER_POOL + 1);
	assert_int_equal(image->counters, PORTSIEVE_COUNTER_POOL + 2);
	assert_rows(image, NULL);
	free(image);
}

static struct portsieve_image *three_rules(void)
{
	struct policy policy;

	policy_init(&policy);
	add_rule_of(&policy, "ssh", POLICY_ALLOW, TCP(22, 22));
	add_rule_of(&policy, "web", POLICY_ALLOW, TCP(80, 80));
	add_rule_of(&policy, "dns", POLICY_ALLOW, UDP(53, 53));
	return assigned(&policy, NULL);
}

static void a_range_keeps_its_row_through_other_changes(void **state)
{
	struct portsieve_image *before = three_rules(), *after;
	struct policy policy;

	(void)state;
	policy_init(&policy);
	policy.default_action = POLICY_DROP;
	policy.monitor = true;
	add_rule_of(&policy, "new", POLICY_DROP, TCP(1, 79));
	add_rule_of(&policy, "dns", POLICY_DROP, UDP(53, 53)); /* other action, other place */
	add_rule_of(&policy, "aaa", POLICY_DROP, TCP(5, 6));
	add_ports(add_rule_of(&policy, "web", POLICY_ALLOW, TCP(80, 80)), PORTSIEVE_TCP, 70, 75);
	after = assigned(&policy, before);
	assert_int_equal(row_of(after, "dns"), row_of(before, "dns"));
	assert_int_equal(after->counter[after->ranges - 1],
			 row_of(before, "web")); /* 80, after 70-75 */
	assert_rows(after, before);
	free(before);
	free(after);
}

static void assert_new_row(const char *name, const struct policy_interval *ports)
{
	struct portsieve_image *before = three_rules(), *after;
	struct policy policy;

	policy_init(&policy);
	add_rule_of(&policy, name, POLICY_ALLOW, ports);
	after = assigned(&policy, before);
	assert_int_equal(row_of(after, name), PORTSIEVE_COUNTER_POOL + 3);
	assert_rows(after, before);
	free(before);
	free(after);
}

static void a_range_with_another_low_gets_a_new_row(void **state)
{
	(void)state;
	assert_new_row("web", TCP(79, 80));
}

static void a_range_with_another_high_gets_a_new_row(void **state)
{
	(void)state;
	assert_new_row("web", TCP(80, 81));
}

static void a_range_of_another_transport_gets_a_new_row(void **state)
{
	(void)state;
	assert_new_row("web", UDP(80, 80));
}

static void a_range_of_a_rule_with_another_name_gets_a_new_row(void **state)
{
	(void)state;
	assert_new_row("we", TCP(80, 80));
	assert_new_row("webb", TCP(80, 80));
}

/* A row is reused by the change after the one that ended its range. */
static void a_row_is_handed_on_one_change_later(void **state)
{
	struct portsieve_image *first = three_rules(), *second, *third;
	struct policy policy;

	(void)state;
	policy_init(&policy);
	add_rule_of(&policy, "one", POLICY_ALLOW, TCP(1, 1));
	second = assigned(&policy, first);
	add_rule_of(&policy, "two", POLICY_ALLOW, TCP(2, 2));
	third = assigned(&policy, second);
	assert_int_equal(row_of(second, "one"), PORTSIEVE_COUNTER_POOL + 3);
	assert_int_equal(row_of(third, "two"), PORTSIEVE_COUNTER_POOL);
	free(first);
	free(second);
	free(third);
}

static void counters_is_a_high_water_mark(void **state)
{
	struct portsieve_image *first = three_rules(), *second, *third;
	struct policy policy;

	(void)state;
	policy_init(&policy);
	second = assigned(&policy, first);
	assert_int_equal(second->counters, PORTSIEVE_COUNTER_POOL + 3);
	add_rule_of(&policy, "two", POLICY_ALLOW, TCP(2, 2));
	third = assigned(&policy, second);
	assert_int_equal(row_of(third, "two"), PORTSIEVE_COUNTER_POOL);
	assert_int_equal(third->counters, PORTSIEVE_COUNTER_POOL + 3);
	free(first);
	free(second);
	free(third);
}

/* The most ranges that a policy and its failsafe rules may have; the letter begins their names. */
static struct portsieve_image *whole_policy(char letter)
{
	struct policy policy;
	char name[16];

	policy_init(&policy);
	snprintf(name, sizeof(name), "failsafe:%c", letter);
	add_rule(&policy, name, POLICY_ALLOW)->failsafe = true;
	policy.failsafe_count = 1;
	for (unsigned int i = 0; i < PORTSIEVE_FAILSAFE_RANGES_MAX; i++)
		add_ports(&policy.rules[0], PORTSIEVE_UDP, 2 * i, 2 * i);
	for (unsigned int i = 0; i < PORTSIEVE_RANGES_MAX; i++) {
		snprintf(name, sizeof(name), "%c%u", letter, i);
		add_rule_of(&policy, name, POLICY_DROP, TCP(i, i + 1));
	}
	return compile(&policy);
}

static void two_whole_policies_swap_without_end(void **state)
{
	struct portsieve_image *images[] = { whole_policy('a'), whole_policy('b') };

	(void)state;
	assert_int_equal(counter_ids_assign(images[0], NULL), 0);
	for (int n = 1; n <= 50; n++) {
		struct portsieve_image *now = images[n % 2], *before = images[(n + 1) % 2];

		assert_int_equal(counter_ids_assign(now, before), 0);
		assert_rows(now, before);
		assert_int_equal(now->counters, PORTSIEVE_COUNTERS);
	}
	free(images[0]);
	free(images[1]);
}

static void a_map_has_two_rows_for_each_range_and_some_to_spare(void **state)
{
	struct portsieve_image *a = whole_policy('a'), *b, *c;
	struct policy policy;

	(void)state;
	policy_init(&policy);
	add_rule_of(&policy, "a", POLICY_DROP, TCP(1, 1));
	add_rule_of(&policy, "b", POLICY_DROP, TCP(2, 1));
	b = assigned(&policy, NULL);
	assert_int_equal(counter_rows_for(b), 64 + 2 * 2 + 64);
	/* at most as many as there are ids */
	assert_int_equal(counter_rows_for(a), PORTSIEVE_COUNTERS);
	/* at least the rows in use: a small policy after a large one */
	assert_int_equal(counter_ids_assign(a, NULL), 0);
	policy_init(&policy);
	add_rule_of(&policy, "c", POLICY_DROP, TCP(3, 1));
	c = assigned(&policy, a);
	assert_int_equal(row_of(c, "c"), a->counters);
	assert_int_equal(counter_rows_for(c), a->counters + 1);
	free(a);
	free(b);
	free(c);
}

static void the_rows_added_are_those_that_the_previous_policy_has_not(void **state)
{
	static bool added[PORTSIEVE_COUNTERS];
	struct portsieve_image *first, *second;
	struct policy policy;
	unsigned int count = 0;

	(void)state;
	policy_init(&policy);
	add_rule_of(&policy, "a", POLICY_DROP, TCP(1, 1));
	add_rule_of(&policy, "b", POLICY_DROP, TCP(2, 1));
	first = assigned(&policy, NULL);
	policy_init(&policy);
	add_rule_of(&policy, "b", POLICY_DROP, TCP(2, 1));
	add_rule_of(&policy, "c", POLICY_DROP, TCP(3, 1));
	second = assigned(&policy, first);
	counter_ids_added(second, first, added);
	for (unsigned int row = 0; row < PORTSIEVE_COUNTERS; row++)
		count += added[row];
	assert_int_equal(count, 1);
	assert_true(added[row_of(second, "c")]);
	free(first);
	free(second);
}

static struct portsieve_image *random_policy(uint64_t *seed, const struct portsieve_image *previous)
{
	struct policy policy;
	char name[16];

	policy_init(&policy);
	for (unsigned int i = 0; i < 300; i++) {
		unsigned int port = random_below(seed, 3);

		if (!random_below(seed, 2))
			continue;
		snprintf(name, sizeof(name), "r%u", i);
		add_rule_of(&policy, name, POLICY_DROP,
			    random_below(seed, 4) ? TCP(port, 3) : UDP(port, 3));
	}
	return assigned(&policy, previous);
}

/* Checks that ranges in both policies have the same rows, by comparing all pairs. */
static void assert_kept(const struct portsieve_image *now, const struct portsieve_image *before)
{
	for (uint32_t n = PORTSIEVE_RANGE_RULES; n < now->ranges; n++)
		for (uint32_t b = PORTSIEVE_RANGE_RULES; b < before->ranges; b++)
			if (is_same(now, n, before, b))
				assert_int_equal(now->counter[n], before->counter[b]);
}

static void random_changes_keep_what_stays_and_share_no_row(void **state)
{
	uint64_t seed = 7;
	struct portsieve_image *before = random_policy(&seed, NULL);

	(void)state;
	for (int n = 0; n < 30; n++) {
		struct portsieve_image *now = random_policy(&seed, before);

		assert_rows(now, before);
		assert_kept(now, before);
		free(before);
		before = now;
	}
	free(before);
}

static void used_rows_are_those_of_the_rules(void **state)
{
	struct portsieve_image *image = three_rules();
	bool *used = malloc(PORTSIEVE_COUNTERS * sizeof(*used));

	(void)state;
	memset(used, 1, PORTSIEVE_COUNTERS * sizeof(*used));
	counter_ids_used(image, used);
	for (unsigned int row = 0; row < PORTSIEVE_COUNTERS; row++)
		assert_int_equal(used[row],
				 row >= PORTSIEVE_COUNTER_POOL && row < PORTSIEVE_COUNTER_POOL + 3);
	free(used);
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_policy_gets_the_first_rows),
		cmocka_unit_test(a_range_keeps_its_row_through_other_changes),
		cmocka_unit_test(a_range_with_another_low_gets_a_new_row),
		cmocka_unit_test(a_range_with_another_high_gets_a_new_row),
		cmocka_unit_test(a_range_of_another_transport_gets_a_new_row),
		cmocka_unit_test(a_range_of_a_rule_with_another_name_gets_a_new_row),
		cmocka_unit_test(a_row_is_handed_on_one_change_later),
		cmocka_unit_test(counters_is_a_high_water_mark),
		cmocka_unit_test(two_whole_policies_swap_without_end),
		cmocka_unit_test(a_map_has_two_rows_for_each_range_and_some_to_spare),
		cmocka_unit_test(the_rows_added_are_those_that_the_previous_policy_has_not),
		cmocka_unit_test(random_changes_keep_what_stays_and_share_no_row),
		cmocka_unit_test(used_rows_are_those_of_the_rules),
	};

	return cmocka_run_group_tests_name("counter_ids", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two policies and their difference: setting them up, comparing them, freeing them. */
#ifndef DIFF_CASE_H
#define DIFF_CASE_H

#include <arpa/inet.h>
#include <string.h>

#include "lib/build_policy.h"
#include "analysis/diff.h"

/* Two policies and their difference, as far as a test needs them. */
struct case_of_two {
	struct policy old;
	struct policy new;
	uint64_t old_drops, old_counts; /* knobs, as bits: that drop, and of these only count */
	uint64_t new_drops, new_counts;
	struct policy_diff diff;
};

static inline void set_up(struct case_of_two *two, enum policy_action old, enum policy_action new)
{
	*two = (struct case_of_two){ 0 };
	policy_init(&two->old);
	policy_init(&two->new);
	two->old.default_action = old;
	two->new.default_action = new;
}

static const struct policy_diff *compare(struct case_of_two *two)
{
	struct policy_diff_side before = { &two->old, two->old_drops, two->old_counts };
	struct policy_diff_side after = { &two->new, two->new_drops, two->new_counts };

	policy_diff_free(&two->diff);
	assert_int_equal(policy_diff(&before, &after, &two->diff), 0);
	return &two->diff;
}

static inline void tear_down(struct case_of_two *two)
{
	policy_diff_free(&two->diff);
	policy_free(&two->old);
	policy_free(&two->new);
}

static inline struct policy_prefix prefix_of(const char *address, uint8_t length)
{
	struct policy_prefix prefix = { .length = length };

	if (inet_pton(AF_INET, address, prefix.address) == 1)
		return prefix;
	prefix.family = POLICY_IPV6;
	assert_int_equal(inet_pton(AF_INET6, address, prefix.address), 1);
	return prefix;
}

static inline void add_prefix(struct policy_prefixes *prefixes, struct policy_prefix prefix)
{
	prefixes->list = array_room(prefixes->list, prefixes->count, sizeof(*prefixes->list));
	prefixes->list[prefixes->count++] = prefix;
}

static inline struct policy_rule *tcp(struct policy *policy, const char *name,
				      enum policy_action action, uint16_t low, uint16_t high)
{
	struct policy_interval ports = { low, high, PORTSIEVE_TCP };

	return add_rule_of(policy, name, action, &ports);
}

static inline void is_change(const struct policy_diff_change *change, uint16_t low, uint16_t high,
			     const char *after)
{
	assert_int_equal(change->transport, PORTSIEVE_TCP);
	assert_int_equal(change->low, low);
	assert_int_equal(change->high, high);
	assert_false(change->unclear);
	if (!after)
		assert_null(change->after.rule);
	else
		assert_string_equal(change->after.rule->name, after);
}

static inline void is_prefixes(const struct policy_prefixes *prefixes,
			       const struct policy_prefix *list, size_t count)
{
	assert_int_equal(prefixes->count, count);
	for (size_t i = 0; i < count; i++)
		assert_memory_equal(&prefixes->list[i], &list[i], sizeof(*list));
}

#endif

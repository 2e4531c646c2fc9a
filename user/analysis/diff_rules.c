/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that come, go, change or stay, by their names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "analysis/diff_parts.h"
#include "policy/intervals.h"

enum { NO_RULE = UINT32_MAX };

#define END_TOLERANCE_NS UINT64_C(2000000000)

static int compare_names(const void *one, const void *other)
{
	const struct policy_rule *const *a = one, *const *b = other;

	return strcmp((*a)->name, (*b)->name);
}

static const struct policy_rule **sort_by_name(const struct policy *policy)
{
	const struct policy_rule **sorted =
		calloc(policy->rules_count + 1, sizeof(const struct policy_rule *));

	for (size_t i = 0; sorted && i < policy->rules_count; i++)
		sorted[i] = &policy->rules[i];
	if (sorted && policy->rules_count)
		qsort(sorted, policy->rules_count, sizeof(const struct policy_rule *),
		      compare_names);
	return sorted;
}

/* Finds, by rule of each policy, the index of the rule of that name in the other one, or NO_RULE.
 */
static int pair_rules(const struct comparison *comparison, uint32_t *partners[SIDES])
{
	const struct policy *old = comparison->policies[BEFORE];
	const struct policy *new = comparison->policies[AFTER];
	_cleanup_free_ const struct policy_rule **a = sort_by_name(old);
	_cleanup_free_ const struct policy_rule **b = sort_by_name(new);
	size_t i = 0, j = 0;

	if (!a || !b)
		return -ENOMEM;
	memset(partners[BEFORE], 0xff, old->rules_count * sizeof(uint32_t));
	memset(partners[AFTER], 0xff, new->rules_count * sizeof(uint32_t));
	while (i < old->rules_count && j < new->rules_count) {
		int order = strcmp(a[i]->name, b[j]->name);

		if (!order) {
			partners[BEFORE][a[i] - old->rules] = b[j] - new->rules;
			partners[AFTER][b[j] - new->rules] = a[i] - old->rules;
		}
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

static int same_ports(const struct policy_rule *one, const struct policy_rule *other,
		      bool *ret_same)
{
	size_t a_count, b_count, i = 0;
	_cleanup_free_ struct policy_interval *a = policy_intervals_merged(one, &a_count);
	_cleanup_free_ struct policy_interval *b = policy_intervals_merged(other, &b_count);

	if (!a || !b)
		return -ENOMEM;
	while (i < a_count && i < b_count && !policy_intervals_compare(&a[i], &b[i]))
		i++;
	*ret_same = a_count == b_count && i == a_count;
	return 0;
}

/* An end is written in seconds, and read again by clocks that drift apart. */
static bool same_end(uint64_t one_ns, uint64_t other_ns)
{
	uint64_t apart_ns = one_ns > other_ns ? one_ns - other_ns : other_ns - one_ns;

	return !one_ns == !other_ns && apart_ns <= END_TOLERANCE_NS;
}

static int same_rule(const struct comparison *comparison, size_t before, size_t after,
		     bool *ret_same)
{
	const struct policy_rule *old = &comparison->policies[BEFORE]->rules[before];
	const struct policy_rule *new = &comparison->policies[AFTER]->rules[after];
	bool same = old->action == new->action &&
		    old->runtime == new->runtime &&same_end(old->until_ns, new->until_ns);

	for (int d = 0; d < PORTSIEVE_DIRECTIONS; d++)
		same = same && comparison->partitions[d].lists[BEFORE][before] ==
				       comparison->partitions[d].lists[AFTER][after];
	*ret_same = same;
	return same ? same_ports(old, new, ret_same) : 0;
}

static int add(struct policy_diff_rules *rules, const struct policy_rule *rule)
{
	const struct policy_rule **list =
		array_room(rules->list, rules->count, sizeof(const struct policy_rule *));

	if (!list)
		return -ENOMEM;
	rules->list = list;
	list[rules->count++] = rule;
	return 0;
}

static int list_rules(const struct comparison *comparison, uint32_t *const partners[SIDES])
{
	const struct policy *old = comparison->policies[BEFORE];
	const struct policy *new = comparison->policies[AFTER];
	struct policy_diff *diff = comparison->diff;
	uint32_t last = 0;
	int r = 0;

	for (size_t i = 0; !r && i < old->rules_count; i++)
		if (partners[BEFORE][i] == NO_RULE)
			r = add(&diff->removed, &old->rules[i]);
	for (size_t i = 0; !r && i < new->rules_count; i++) {
		uint32_t partner = partners[AFTER][i];
		bool same;

		if (partner == NO_RULE) {
			r = add(&diff->added, &new->rules[i]);
			continue;
		}
		diff->reordered |= partner < last;
		last = partner;
		r = same_rule(comparison, partner, i, &same);
		if (!r && !same)
			r = add(&diff->changed, &new->rules[i]);
		else if (!r && new->rules[i].runtime)
			r = add(&diff->runtime, &new->rules[i]);
	}
	return r;
}

int policy_diff_rules(const struct comparison *comparison)
{
	_cleanup_free_ uint32_t *before =
		calloc(comparison->policies[BEFORE]->rules_count + 1, sizeof(*before));
	_cleanup_free_ uint32_t *after =
		calloc(comparison->policies[AFTER]->rules_count + 1, sizeof(*after));
	uint32_t *partners[SIDES] = { before, after };
	int r;

	if (!before || !after)
		return -ENOMEM;
	r = pair_rules(comparison, partners);
	return r ? r : list_rules(comparison, partners);
}

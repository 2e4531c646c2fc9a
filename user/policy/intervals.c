/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intervals, sorted and merged, and whether two rules mean the same. */
#include "policy/intervals.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* The largest distance of intervals that are merged. */
enum gap {
	GAP_OVERLAP = 0,
	GAP_ADJACENT = 1,
};

int policy_intervals_compare(const void *one, const void *other)
{
	const struct policy_interval *a = one, *b = other;

	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return (a->high > b->high) - (a->high < b->high);
}

static struct policy_interval *merged(const struct policy_rule *rule, enum gap gap,
				      size_t *ret_count)
{
	struct policy_interval *intervals = calloc(rule->intervals_count + 1, sizeof(*intervals));
	struct policy_interval *last = NULL;

	if (!intervals)
		return NULL;
	if (policy_rule_is_portless(rule)) {
		*intervals = (struct policy_interval){ 0, PORTSIEVE_PORTS - 1, PORTSIEVE_ANY };
		*ret_count = 1;
		return intervals;
	}
	if (rule->intervals_count)
		memcpy(intervals, rule->intervals, rule->intervals_count * sizeof(*intervals));
	qsort(intervals, rule->intervals_count, sizeof(*intervals), policy_intervals_compare);
	for (size_t i = 0; i < rule->intervals_count; i++) {
		const struct policy_interval *next = &intervals[i];

		if (!last)
			last = intervals;
		else if (next->transport != last->transport ||
			 next->low > last->high + (unsigned int)gap)
			*++last = *next;
		else if (next->high > last->high)
			last->high = next->high;
	}
	*ret_count = last ? (size_t)(last - intervals) + 1 : 0;
	return intervals;
}

struct policy_interval *policy_intervals_merged(const struct policy_rule *rule, size_t *ret_count)
{
	return merged(rule, GAP_OVERLAP, ret_count);
}

static bool same_ports(const struct policy_rule *a, const struct policy_rule *b)
{
	size_t count, others_count, i = 0;
	_cleanup_free_ struct policy_interval *ours = merged(a, GAP_ADJACENT, &count);
	_cleanup_free_ struct policy_interval *theirs = merged(b, GAP_ADJACENT, &others_count);

	if (!ours || !theirs || count != others_count)
		return false;
	while (i < count && !policy_intervals_compare(&ours[i], &theirs[i]))
		i++;
	return i == count;
}

bool policy_rules_same(const struct policy_rule *a, const struct policy_rule *b)
{
	return a->action == b->action && a->monitor == b->monitor && a->only_from == b->only_from &&
	       same_ports(a, b) && policy_prefixes_same(&a->from, &b->from) &&
	       policy_prefixes_same(&a->to, &b->to);
}

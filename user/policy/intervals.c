/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intervals, sorted and merged. */
#include "policy/intervals.h"

#include <stdlib.h>
#include <string.h>

int policy_intervals_compare(const void *one, const void *other)
{
	const struct policy_interval *a = one, *b = other;

	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return (a->high > b->high) - (a->high < b->high);
}

static size_t merge(struct policy_interval *intervals, size_t count)
{
	size_t merged = 0;

	qsort(intervals, count, sizeof(*intervals), policy_intervals_compare);
	for (size_t i = 0; i < count; i++) {
		struct policy_interval *last = merged ? &intervals[merged - 1] : NULL;

		if (!last || intervals[i].transport != last->transport ||
		    intervals[i].low > last->high)
			intervals[merged++] = intervals[i];
		else if (intervals[i].high > last->high)
			last->high = intervals[i].high;
	}
	return merged;
}

struct policy_interval *policy_intervals_merged(const struct policy_rule *rule, size_t *ret_count)
{
	struct policy_interval *intervals = calloc(rule->intervals_count + 1, sizeof(*intervals));

	if (!intervals)
		return NULL;
	if (rule->intervals_count)
		memcpy(intervals, rule->intervals, rule->intervals_count * sizeof(*intervals));
	*ret_count = merge(intervals, rule->intervals_count);
	return intervals;
}

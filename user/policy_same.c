/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do two rules mean the same? The order of what they list, and what they list twice, means nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "policy.h"
#include "policy_intervals.h"

/* Of merged intervals, makes one of those that touch too. Returns how many are left. */
static size_t join(struct policy_interval *intervals, size_t count)
{
	size_t joined = 0;

	for (size_t i = 0; i < count; i++) {
		struct policy_interval *last = joined ? &intervals[joined - 1] : NULL;

		if (last && last->transport == intervals[i].transport &&
		    intervals[i].low == last->high + 1u)
			last->high = intervals[i].high;
		else
			intervals[joined++] = intervals[i];
	}
	return joined;
}

static bool same_ports(const struct policy_rule *a, const struct policy_rule *b)
{
	size_t count = 0, others = 0;
	_cleanup_free_ struct policy_interval *ours = policy_intervals_merged(a, &count);
	_cleanup_free_ struct policy_interval *theirs = policy_intervals_merged(b, &others);

	if (!ours || !theirs)
		return false;
	count = join(ours, count);
	if (join(theirs, others) != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (policy_intervals_compare(&ours[i], &theirs[i]))
			return false;
	return true;
}

/* Bits behind the length are zero, and there is no padding. */
static int compare_prefixes(const void *one, const void *other)
{
	return memcmp(one, other, sizeof(struct policy_prefix));
}

static size_t sort_prefixes(struct policy_prefix *list, size_t count)
{
	size_t kept = 0;

	qsort(list, count, sizeof(*list), compare_prefixes);
	for (size_t i = 0; i < count; i++)
		if (!kept || compare_prefixes(&list[kept - 1], &list[i]))
			list[kept++] = list[i];
	return kept;
}

static bool same_prefixes(const struct policy_prefixes *a, const struct policy_prefixes *b)
{
	_cleanup_free_ struct policy_prefix *ours = calloc(a->count + 1, sizeof(*ours));
	_cleanup_free_ struct policy_prefix *theirs = calloc(b->count + 1, sizeof(*theirs));
	size_t count;

	if (!ours || !theirs)
		return false;
	if (a->count)
		memcpy(ours, a->list, a->count * sizeof(*ours));
	if (b->count)
		memcpy(theirs, b->list, b->count * sizeof(*theirs));
	count = sort_prefixes(ours, a->count);
	return sort_prefixes(theirs, b->count) == count &&
	       !memcmp(ours, theirs, count * sizeof(*ours));
}

bool policy_rules_same(const struct policy_rule *a, const struct policy_rule *b)
{
	return a->action == b->action && same_ports(a, b) && same_prefixes(&a->from, &b->from) &&
	       same_prefixes(&a->to, &b->to);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do two rules mean the same? The order of what they list, and what they list twice, means nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/policy.h"
#include "policy/intervals.h"

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

static bool same_prefixes(const struct policy_prefixes *a, const struct policy_prefixes *b)
{
	struct policy_prefixes ours = { 0 }, theirs = { 0 };
	bool same = !policy_prefixes_sort(a, &ours) && !policy_prefixes_sort(b, &theirs) &&
		    ours.count == theirs.count &&
		    !memcmp(ours.list, theirs.list, ours.count * sizeof(*ours.list));

	free(ours.list);
	free(theirs.list);
	return same;
}

bool policy_rules_same(const struct policy_rule *a, const struct policy_rule *b)
{
	return a->action == b->action && same_ports(a, b) && same_prefixes(&a->from, &b->from) &&
	       same_prefixes(&a->to, &b->to);
}

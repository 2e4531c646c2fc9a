// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which range a destination port lies in: the first rule that has it, else a built-in range. A
 * plain search over the rules, where the program has a table.
 */
#include "ranges.h"

#include <string.h>

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define HIGHEST_SYSTEM 1023
#define HIGHEST_USER   49151

static bool covers(const struct oracle_interval *interval, const char *transport, int64_t port)
{
	return interval->low <= port && port <= interval->high &&
	       !strcmp(interval->transport, transport);
}

/* Intervals of one rule that share a port are one; each round takes in what touches the last. */
static void merge_overlapping(const struct oracle_rule *rule, const char *transport,
			      struct range *range)
{
	for (bool grown = true; grown;) {
		grown = false;
		for (size_t i = 0; i < rule->interval_count; i++) {
			const struct oracle_interval *other = &rule->intervals[i];

			if (other->high < range->low || other->low > range->high ||
			    (other->low >= range->low && other->high <= range->high) ||
			    strcmp(other->transport, transport))
				continue;
			range->low = other->low < range->low ? other->low : range->low;
			range->high = other->high > range->high ? other->high : range->high;
			grown = true;
		}
	}
}

static bool rule_find(const struct oracle_rule *rule, const char *transport, int64_t port,
		      struct range *ret_range)
{
	for (size_t i = 0; i < rule->interval_count; i++) {
		const struct oracle_interval *interval = &rule->intervals[i];

		if (!covers(interval, transport, port))
			continue;
		*ret_range = (struct range){ rule->name, true, rule->drop, interval->low,
					     interval->high };
		merge_overlapping(rule, transport, ret_range);
		return true;
	}
	return false;
}

struct range range_of(const struct oracle_policy *policy, const char *transport, int64_t port)
{
	const bool drop = policy->default_drop;
	const struct range built_in[] = {
		{ "_port0", false, drop, 0, 0 },
		{ "_system", false, drop, 1, HIGHEST_SYSTEM },
		{ "_user", false, drop, HIGHEST_SYSTEM + 1, HIGHEST_USER },
		{ "_dynamic", false, drop, HIGHEST_USER + 1, UINT16_MAX },
	};
	struct range range = { 0 };

	for (size_t i = 0; i < policy->rule_count; i++)
		if (rule_find(&policy->rules[i], transport, port, &range))
			return range;
	for (size_t i = 0; i < COUNT(built_in); i++)
		if (port >= built_in[i].low && port <= built_in[i].high)
			return built_in[i];
	return range;
}

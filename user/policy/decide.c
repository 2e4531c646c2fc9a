/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule that decides a packet, straight from the rules. The datapath finds the same rule by
 * tables; tests compare the
 * two, and single packets are judged with it.
 */
#include "base/deadline.h"
#include "policy/policy.h"

static bool ports_match(const struct policy_rule *rule, const struct policy_packet *packet)
{
	for (size_t i = 0; i < rule->intervals_count; i++) {
		const struct policy_interval *interval = &rule->intervals[i];

		if (interval->transport == packet->transport && packet->port >= interval->low &&
		    packet->port <= interval->high)
			return true;
	}
	return false;
}

static bool address_matches(const struct policy_prefixes *prefixes,
			    const struct policy_prefix *address)
{
	for (size_t i = 0; i < prefixes->count; i++)
		if (policy_prefix_holds(&prefixes->list[i], address))
			return true;
	return !prefixes->count;
}

const struct policy_rule *policy_decide(const struct policy *policy,
					const struct policy_packet *packet)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (has_ended(rule->until_ns, packet->boottime_ns))
			continue;
		if (ports_match(rule, packet) && address_matches(&rule->from, &packet->source) &&
		    address_matches(&rule->to, &packet->destination))
			return rule;
	}
	return NULL;
}

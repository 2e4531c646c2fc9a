/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the rule that decides a packet by trying all rules. The datapath finds it by tables; tests
 * compare the two.
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
	return policy_rule_is_portless(rule);
}

static bool address_matches(const struct policy_prefixes *prefixes,
			    const struct policy_prefix *address)
{
	for (size_t i = 0; i < prefixes->count; i++)
		if (policy_prefix_holds(&prefixes->list[i], address))
			return true;
	return policy_prefixes_any(prefixes);
}

static bool is_for_dhcp_client(const struct policy *policy, const struct policy_packet *packet)
{
	return policy->dhcp_client && packet->transport == PORTSIEVE_UDP &&
	       (packet->port == DHCP_CLIENT_PORT || packet->port == DHCPV6_CLIENT_PORT);
}

struct policy_decision policy_decide(const struct policy *policy,
				     const struct policy_packet *packet)
{
	struct policy_decision decision = {
		.drop = packet->transport == PORTSIEVE_ANY
				? packet->knob_drops
				: policy->default_action == POLICY_DROP &&
					  !is_for_dhcp_client(policy, packet),
	};
	const struct policy_rule *monitored = NULL;
	bool has_port = packet->transport != PORTSIEVE_ANY;
	bool passes = has_port ? !decision.drop || policy->default_monitor : !packet->knob_drops;

	for (size_t i = 0; i < policy->rules_count && !decision.rule; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		bool is_from = address_matches(&rule->from, &packet->source);

		if (has_ended(rule->until_ns, packet->boottime_ns) || !ports_match(rule, packet) ||
		    !(is_from || rule->only_from) ||
		    !address_matches(&rule->to, &packet->destination) ||
		    (!has_port && packet->is_unlifted && rule->action == POLICY_ALLOW))
			continue;
		if (rule->monitor) {
			monitored = monitored ?: rule;
			continue;
		}
		decision.rule = rule;
		decision.drop = rule->action == POLICY_DROP || !is_from;
		passes = !decision.drop;
	}
	return passes && monitored ? (struct policy_decision){ monitored, true } : decision;
}

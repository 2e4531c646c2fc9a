/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of struct policy, and the names of what a policy speaks of. Reading, checking and
 * printing one are in policy_*.c.
 */
#include "policy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const knob_names[] = {
	[PORTSIEVE_KNOB_PASS] = NULL,
	[PORTSIEVE_KNOB_DROP] = NULL,
	[PORTSIEVE_KNOB_LATER_FRAGMENT] = "later_fragment",
	[PORTSIEVE_KNOB_TINY_FRAGMENT] = "tiny_fragment",
	[PORTSIEVE_KNOB_OTHER_PROTOCOL] = "other_protocol",
	[PORTSIEVE_KNOB_NO_PORT] = "no_port",
	[PORTSIEVE_KNOB_BAD_FLAGS] = "bad_flags",
	[PORTSIEVE_KNOB_VLAN_DEPTH] = "vlan_depth",
	[PORTSIEVE_KNOB_MPLS] = "mpls",
	[PORTSIEVE_KNOB_ICMP_ECHO] = "icmp_echo",
	[PORTSIEVE_KNOB_ICMP_OTHER] = "icmp_other",
	[PORTSIEVE_KNOB_ICMPV6_ECHO] = "icmpv6_echo",
	[PORTSIEVE_KNOB_ICMPV6_MOBILITY] = "icmpv6_mobility",
	[PORTSIEVE_KNOB_ICMPV6_OTHER] = "icmpv6_other",
	[PORTSIEVE_KNOB_EXT_DEPTH] = "ext_depth",
	[PORTSIEVE_KNOB_JUMBOGRAM] = "jumbogram",
	[PORTSIEVE_KNOB_HOP_BY_HOP] = "hop_by_hop",
	[PORTSIEVE_KNOB_ROUTING] = "routing",
	[PORTSIEVE_KNOB_ROUTING_TYPE_0] = "routing_type_0",
	[PORTSIEVE_KNOB_ROUTING_TYPE_1] = "routing_type_1",
	[PORTSIEVE_KNOB_ROUTING_TYPE_3] = "routing_type_3",
	[PORTSIEVE_KNOB_FRAGMENT] = "fragment",
	[PORTSIEVE_KNOB_AUTHENTICATION] = "authentication",
	[PORTSIEVE_KNOB_DESTINATION_OPTIONS] = "destination_options",
	[PORTSIEVE_KNOB_MOBILITY] = "mobility",
	[PORTSIEVE_KNOB_HIP] = "hip",
	[PORTSIEVE_KNOB_SHIM6] = "shim6",
};
static_assert(sizeof(knob_names) / sizeof(knob_names[0]) == PORTSIEVE_KNOBS,
	      "each knob has a name");

static const char *const transport_names[] = {
	[PORTSIEVE_TCP] = "tcp",
	[PORTSIEVE_UDP] = "udp",
	[PORTSIEVE_SCTP] = "sctp",
	[PORTSIEVE_DCCP] = "dccp",
};
static_assert(sizeof(transport_names) / sizeof(transport_names[0]) == PORTSIEVE_TRANSPORTS,
	      "each transport has a name");

const char *policy_knob_name(enum portsieve_knob knob)
{
	return knob_names[knob];
}

const char *transport_name(enum portsieve_transport transport)
{
	return transport_names[transport];
}

void policy_init(struct policy *policy)
{
	*policy = (struct policy){ .default_action = POLICY_ALLOW, .dhcp_client = true };
}

void policy_rule_free(struct policy_rule *rule)
{
	free(rule->ports);
	free(rule->intervals);
	free(rule->from.list);
	free(rule->to.list);
	*rule = (struct policy_rule){ 0 };
}

void policy_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->rules_count; i++)
		policy_rule_free(&policy->rules[i]);
	free(policy->rules);
	policy_init(policy);
}

struct policy_rule *policy_rule_named(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->rules_count; i++)
		if (!strcmp(policy->rules[i].name, name))
			return &policy->rules[i];
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The oracle's policy: the names and defaults of the knobs, and nothing of packets.
 */
#include "oracle.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum knob_default {
	ALLOW,
	DROP,
	THE_DEFAULT,
	ALLOW_IN_TRANSIT, /* allow where the host forwards IPv6, else the default */
};

static const struct {
	const char *name;
	enum knob_default when_left_out;
} knobs[] = {
	[KNOB_VLAN_DEPTH] = { "vlan_depth", THE_DEFAULT },
	[KNOB_MPLS] = { "mpls", THE_DEFAULT },
	[KNOB_TINY_FRAGMENT] = { "tiny_fragment", DROP },
	[KNOB_LATER_FRAGMENT] = { "later_fragment", ALLOW },
	[KNOB_OTHER_PROTOCOL] = { "other_protocol", ALLOW },
	[KNOB_JUMBOGRAM] = { "jumbogram", THE_DEFAULT },
	[KNOB_EXT_DEPTH] = { "ext_depth", THE_DEFAULT },
	[KNOB_NO_PORT] = { "no_port", ALLOW },
	[KNOB_HOP_BY_HOP] = { "hop_by_hop", ALLOW },
	[KNOB_ROUTING] = { "routing", ALLOW },
	[KNOB_FRAGMENT] = { "fragment", ALLOW },
	[KNOB_AUTHENTICATION] = { "authentication", ALLOW },
	[KNOB_DESTINATION_OPTIONS] = { "destination_options", ALLOW },
	[KNOB_MOBILITY] = { "mobility", ALLOW },
	[KNOB_HIP] = { "hip", ALLOW },
	[KNOB_SHIM6] = { "shim6", ALLOW },
	[KNOB_ROUTING_TYPE_0] = { "routing_type_0", DROP },
	[KNOB_ROUTING_TYPE_1] = { "routing_type_1", DROP },
	[KNOB_ROUTING_TYPE_3] = { "routing_type_3", DROP },
	[KNOB_BAD_FLAGS] = { "bad_flags", DROP },
	[KNOB_ICMP_ECHO] = { "icmp_echo", ALLOW },
	[KNOB_ICMP_OTHER] = { "icmp_other", THE_DEFAULT },
	[KNOB_ICMPV6_ECHO] = { "icmpv6_echo", ALLOW },
	[KNOB_ICMPV6_MOBILITY] = { "icmpv6_mobility", ALLOW_IN_TRANSIT },
	[KNOB_ICMPV6_OTHER] = { "icmpv6_other", THE_DEFAULT },
};
static_assert(sizeof(knobs) / sizeof(knobs[0]) == KNOB_COUNT, "every knob has a name");

void oracle_policy_defaults(struct oracle_policy *policy, bool default_drop, bool forwards_ipv6)
{
	const bool drops[] = {
		[ALLOW] = false,
		[DROP] = true,
		[THE_DEFAULT] = default_drop,
		[ALLOW_IN_TRANSIT] = default_drop && !forwards_ipv6,
	};

	*policy = (struct oracle_policy){ .default_drop = default_drop, .dhcp_client = true };
	for (size_t i = 0; i < KNOB_COUNT; i++)
		policy->knob_drops[i] = drops[knobs[i].when_left_out];
}

int oracle_policy_set(struct oracle_policy *policy, const char *knob, bool drop)
{
	for (size_t i = 0; i < KNOB_COUNT; i++) {
		if (strcmp(knobs[i].name, knob))
			continue;
		policy->knob_drops[i] = drop;
		return 0;
	}
	return -ENOENT;
}

const char *oracle_knob_name(enum oracle_knob knob)
{
	return knobs[knob].name;
}

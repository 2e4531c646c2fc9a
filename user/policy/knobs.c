/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of knobs. docs/packets.md describes them. */
#include "policy/knobs.h"

#include <stddef.h>

const struct knob knobs[PORTSIEVE_KNOBS] = {
	[PORTSIEVE_KNOB_PASS] = { NULL, KNOB_ALLOWS },
	[PORTSIEVE_KNOB_DROP] = { NULL, KNOB_DROPS },
	[PORTSIEVE_KNOB_LATER_FRAGMENT] = { "later_fragment", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_TINY_FRAGMENT] = { "tiny_fragment", KNOB_DROPS },
	[PORTSIEVE_KNOB_OTHER_PROTOCOL] = { "other_protocol", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_NO_PORT] = { "no_port", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_BAD_FLAGS] = { "bad_flags", KNOB_DROPS },
	[PORTSIEVE_KNOB_VLAN_DEPTH] = { "vlan_depth", KNOB_DROPS_IF_ANY },
	[PORTSIEVE_KNOB_MPLS] = { "mpls", KNOB_FOLLOWS_DEFAULT },
	[PORTSIEVE_KNOB_ICMP_ECHO] = { "icmp_echo", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_ICMP_OTHER] = { "icmp_other", KNOB_FOLLOWS_DEFAULT },
	[PORTSIEVE_KNOB_ICMPV6_ECHO] = { "icmpv6_echo", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_ICMPV6_MOBILITY] = { "icmpv6_mobility", KNOB_ALLOWS_IN_TRANSIT },
	[PORTSIEVE_KNOB_ICMPV6_OTHER] = { "icmpv6_other", KNOB_FOLLOWS_DEFAULT },
	[PORTSIEVE_KNOB_EXT_DEPTH] = { "ext_depth", KNOB_DROPS_IF_ANY },
	[PORTSIEVE_KNOB_JUMBOGRAM] = { "jumbogram", KNOB_FOLLOWS_DEFAULT },
	[PORTSIEVE_KNOB_HOP_BY_HOP] = { "hop_by_hop", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_ROUTING] = { "routing", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_ROUTING_TYPE_0] = { "routing_type_0", KNOB_DROPS },
	[PORTSIEVE_KNOB_ROUTING_TYPE_1] = { "routing_type_1", KNOB_DROPS },
	[PORTSIEVE_KNOB_ROUTING_TYPE_3] = { "routing_type_3", KNOB_DROPS },
	[PORTSIEVE_KNOB_ROUTING_TYPE_4] = { "routing_type_4", KNOB_DROPS },
	[PORTSIEVE_KNOB_SOURCE_ROUTE] = { "source_route", KNOB_DROPS },
	[PORTSIEVE_KNOB_FRAGMENT] = { "fragment", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_AUTHENTICATION] = { "authentication", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_DESTINATION_OPTIONS] = { "destination_options", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_MOBILITY] = { "mobility", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_HIP] = { "hip", KNOB_ALLOWS },
	[PORTSIEVE_KNOB_SHIM6] = { "shim6", KNOB_ALLOWS },
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of reasons, and the names of ranges. */
#include "print/reason.h"

#include <assert.h>
#include <stdio.h>

#include "compile/builtin.h"
#include "base/cleanup.h"
#include "policy/knobs.h"
#include "policy/policy.h"

static const struct {
	const char *name;
	const char *words; /* for explain: a description of such packets, and the knob */
} reasons[] = {
	[PORTSIEVE_NON_IP] = { "non-ip", "neither IPv4 nor IPv6" },
	[PORTSIEVE_MPLS] = { "mpls", "MPLS, which is not parsed; knob `mpls`" },
	[PORTSIEVE_VLAN_DEPTH] = { "vlan-depth", "too many VLAN tags; knob `vlan_depth`" },
	[PORTSIEVE_MALFORMED_ETHERNET] = { "malformed-ethernet",
					   "the frame ends inside a tag or PPPoE header" },
	[PORTSIEVE_MALFORMED_IPV4] = { "malformed-ipv4",
				       "the IPv4 header contradicts itself or the frame" },
	[PORTSIEVE_MALFORMED_IPV6] = { "malformed-ipv6",
				       "the IPv6 headers contradict each other or the frame" },
	[PORTSIEVE_MALFORMED_L4] = { "malformed-l4", "the L4 header does not fit into the packet" },
	[PORTSIEVE_LATER_FRAGMENT] = { "later-fragment", "a fragment after the first, which has no "
							 "ports; knob `later_fragment`" },
	[PORTSIEVE_TINY_FRAGMENT] = { "tiny-fragment", "a fragment that hides its L4 header (RFC "
						       "3128, RFC 7112); knob `tiny_fragment`" },
	[PORTSIEVE_EXT_HEADER] = { "ext-header", "an IPv6 extension header whose knob says drop" },
	[PORTSIEVE_ROUTING_HEADER] = { "routing-header",
				       "an IPv6 routing header whose type's knob says drop" },
	[PORTSIEVE_EXT_DEPTH] = { "ext-depth",
				  "more than eight IPv6 extension headers; knob `ext_depth`" },
	[PORTSIEVE_JUMBOGRAM] = { "jumbogram", "an IPv6 jumbogram (RFC 2675); knob `jumbogram`" },
	[PORTSIEVE_NO_PORT] = { "no-port", "ESP, or no next header; knob `no_port`" },
	[PORTSIEVE_BAD_FLAGS] = { "bad-flags", "invalid TCP flags, to a port that is not allowed; "
					       "knob `bad_flags`" },
	[PORTSIEVE_ICMP] = { "icmp", "ICMP, judged by its type" },
	[PORTSIEVE_ICMPV6] = { "icmpv6", "ICMPv6, judged by its type" },
	[PORTSIEVE_IGMP] = { "igmp", "IGMP, which always passes" },
	[PORTSIEVE_OTHER_PROTOCOL] = { "other-protocol",
				       "an IP protocol without ports; knob `other_protocol`" },
	[PORTSIEVE_DHCP_CLIENT] = { "dhcp-client", "a reply to a DHCP client; knob `dhcp_client`" },
	[PORTSIEVE_RETURN_SOCKET] = { "return-socket", "a socket of this host expects it" },
	[PORTSIEVE_RETURN_FLOW] = { "return-flow", "a reply to a packet that was sent" },
	[PORTSIEVE_RETURN_ESTABLISHED] = { "return-established",
					   "a segment of an established TCP connection" },
	[PORTSIEVE_RETURN_GRACE] = { "return-grace",
				     "a segment of a TCP connection older than the filter" },
	[PORTSIEVE_SOURCE_ROUTE] = { "source-route", "an IPv4 option for loose or strict source "
						     "routing; knob `source_route`" },
};
static_assert(ARRAY_SIZE(reasons) == PORTSIEVE_REASONS, "a reason without a row");

/* Rules C1 to C7 of docs/packets.md. The first row that holds the type applies. */
struct icmp_types {
	uint8_t low, high;
	enum portsieve_knob knob;
};

static const struct icmp_types icmp_types[] = {
	{ 0, 0, PORTSIEVE_KNOB_ICMP_ECHO }, /* echo reply */
	{ 3, 3, PORTSIEVE_KNOB_PASS },	    /* unreachable */
	{ 8, 8, PORTSIEVE_KNOB_ICMP_ECHO }, /* echo request */
	{ 11, 12, PORTSIEVE_KNOB_PASS },    /* time exceeded, parameter problem */
	{ 0, 255, PORTSIEVE_KNOB_ICMP_OTHER },
};

static const struct icmp_types icmpv6_types[] = {
	{ 1, 4, PORTSIEVE_KNOB_PASS }, /* errors */
	{ 128, 129, PORTSIEVE_KNOB_ICMPV6_ECHO },
	{ 130, 136, PORTSIEVE_KNOB_PASS }, /* MLD, neighbour discovery */
	{ 141, 143, PORTSIEVE_KNOB_PASS }, /* inverse discovery, MLDv2 */
	{ 144, 147, PORTSIEVE_KNOB_ICMPV6_MOBILITY },
	{ 148, 149, PORTSIEVE_KNOB_PASS }, /* SEND certification paths */
	{ 151, 153, PORTSIEVE_KNOB_PASS }, /* multicast router discovery */
	{ 0, 255, PORTSIEVE_KNOB_ICMPV6_OTHER },
};

const char *reason_name(enum portsieve_reason reason)
{
	return reason < PORTSIEVE_REASONS ? reasons[reason].name : "unknown";
}

const char *reason_words(enum portsieve_reason reason)
{
	return reason < PORTSIEVE_REASONS ? reasons[reason].words : "";
}

struct reason_text reason_icmp_print(enum portsieve_reason reason, uint8_t type)
{
	bool v6 = reason == PORTSIEVE_ICMPV6;
	const struct icmp_types *row = v6 ? icmpv6_types : icmp_types;
	const char *protocol = v6 ? "ICMPv6" : "ICMP";
	struct reason_text text;

	while (type < row->low || type > row->high)
		row++;
	if (row->knob == PORTSIEVE_KNOB_PASS)
		snprintf(text.text, sizeof(text.text), "%s type %u, which always passes", protocol,
			 type);
	else
		snprintf(text.text, sizeof(text.text), "%s type %u; knob `%s`", protocol, type,
			 knobs[row->knob].name);
	return text;
}

const char *builtin_name(unsigned int range_id)
{
	return builtin_ranges[range_id % PORTSIEVE_BUILTINS].name;
}

const char *return_name(const struct portsieve_image *image)
{
	if (image->flags & PORTSIEVE_IMAGE_RETURN_SOCKET)
		return policy_returns[POLICY_RETURN_SOCKET];
	return policy_returns[image->flags & PORTSIEVE_IMAGE_RETURN_ESTABLISHED
				      ? POLICY_RETURN_ESTABLISHED
				      : POLICY_RETURN_NONE];
}

const char *range_rule_name(const struct portsieve_image *image, unsigned int range_id)
{
	if (range_id < PORTSIEVE_RANGE_DHCP)
		return builtin_name(range_id);
	return image->rule[image->range[range_id].rule].name;
}

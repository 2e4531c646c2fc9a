/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of reasons, and the names of ranges. */
#include "print/reason.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "compile/builtin.h"
#include "base/cleanup.h"
#include "policy/knobs.h"
#include "policy/policy.h"

static const struct {
	const char *name;
	const char *words;	  /* for `explain`: describes such packets */
	enum portsieve_knob knob; /* PORTSIEVE_KNOB_PASS: none, or several */
} reasons[] = {
	[PORTSIEVE_NON_IP] = { "non-ip", "neither IPv4 nor IPv6" },
	[PORTSIEVE_MPLS] = { "mpls", "MPLS, which is not parsed", PORTSIEVE_KNOB_MPLS },
	[PORTSIEVE_VLAN_DEPTH] = { "vlan-depth", "too many VLAN tags", PORTSIEVE_KNOB_VLAN_DEPTH },
	[PORTSIEVE_MALFORMED_ETHERNET] = { "malformed-ethernet",
					   "the frame ends inside a tag or PPPoE header" },
	[PORTSIEVE_MALFORMED_IPV4] = { "malformed-ipv4",
				       "the IPv4 header contradicts itself or the frame" },
	[PORTSIEVE_MALFORMED_IPV6] = { "malformed-ipv6",
				       "the IPv6 headers contradict each other or the frame" },
	[PORTSIEVE_MALFORMED_L4] = { "malformed-l4", "the L4 header does not fit into the packet" },
	[PORTSIEVE_LATER_FRAGMENT] = { "later-fragment",
				       "a fragment after the first, which has no ports",
				       PORTSIEVE_KNOB_LATER_FRAGMENT },
	[PORTSIEVE_TINY_FRAGMENT] = { "tiny-fragment",
				      "a fragment that hides its L4 header (RFC 3128, RFC 7112)",
				      PORTSIEVE_KNOB_TINY_FRAGMENT },
	[PORTSIEVE_EXT_HEADER] = { "ext-header", "an IPv6 extension header" },
	[PORTSIEVE_ROUTING_HEADER] = { "routing-header", "an IPv6 routing header" },
	[PORTSIEVE_EXT_DEPTH] = { "ext-depth", "more than eight IPv6 extension headers",
				  PORTSIEVE_KNOB_EXT_DEPTH },
	[PORTSIEVE_JUMBOGRAM] = { "jumbogram", "an IPv6 jumbogram (RFC 2675)",
				  PORTSIEVE_KNOB_JUMBOGRAM },
	[PORTSIEVE_NO_PORT] = { "no-port", "ESP, or no next header", PORTSIEVE_KNOB_NO_PORT },
	[PORTSIEVE_BAD_FLAGS] = { "bad-flags", "invalid TCP flags, to a port that is not allowed",
				  PORTSIEVE_KNOB_BAD_FLAGS },
	[PORTSIEVE_ICMP] = { "icmp", "ICMP, judged by its type" },
	[PORTSIEVE_ICMPV6] = { "icmpv6", "ICMPv6, judged by its type" },
	[PORTSIEVE_IGMP] = { "igmp", "IGMP, which always passes" },
	[PORTSIEVE_OTHER_PROTOCOL] = { "other-protocol", "an IP protocol without ports",
				       PORTSIEVE_KNOB_OTHER_PROTOCOL },
	[PORTSIEVE_DHCP_CLIENT] = { "dhcp-client", "a reply to a DHCP client" },
	[PORTSIEVE_RETURN_SOCKET] = { "return-socket", "a socket of this host expects it" },
	[PORTSIEVE_RETURN_FLOW] = { "return-flow", "a reply to a packet that was sent" },
	[PORTSIEVE_RETURN_ESTABLISHED] = { "return-established",
					   "a segment of an established TCP connection" },
	[PORTSIEVE_RETURN_GRACE] = { "return-grace",
				     "a segment of a TCP connection older than the filter" },
	[PORTSIEVE_SOURCE_ROUTE] = { "source-route",
				     "an IPv4 option for loose or strict source routing",
				     PORTSIEVE_KNOB_SOURCE_ROUTE },
};
static_assert(ARRAY_SIZE(reasons) == PORTSIEVE_REASONS, "a reason without a row");

/* Rules C1 to C7 of docs/packets.md. The first row that contains the type applies. */
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

bool reason_is_shown(const struct portsieve_image *image, enum portsieve_reason reason,
		     const struct portsieve_counter *counter)
{
	static const uint32_t needs[PORTSIEVE_REASONS] = {
		[PORTSIEVE_RETURN_SOCKET] = PORTSIEVE_IMAGE_RETURN_SOCKET,
		[PORTSIEVE_RETURN_FLOW] = PORTSIEVE_IMAGE_RETURN_FLOW,
		[PORTSIEVE_RETURN_GRACE] = PORTSIEVE_IMAGE_RETURN_FLOW,
		[PORTSIEVE_RETURN_ESTABLISHED] = PORTSIEVE_IMAGE_RETURN_ESTABLISHED,
	};

	if (!needs[reason] || image->flags & needs[reason])
		return true;
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++)
		if (counter->verdict[verdict].packets)
			return true;
	return false;
}

static enum portsieve_knob icmp_knob(bool v6, uint8_t type)
{
	const struct icmp_types *row = v6 ? icmpv6_types : icmp_types;

	while (type < row->low || type > row->high)
		row++;
	return row->knob;
}

static bool is_icmp(enum portsieve_reason reason)
{
	return reason == PORTSIEVE_ICMP || reason == PORTSIEVE_ICMPV6;
}

/* The knob with the lowest number. */
static enum portsieve_knob ext_knob(uint64_t drop_knobs)
{
	return drop_knobs ? (enum portsieve_knob)__builtin_ctzll(drop_knobs) : PORTSIEVE_KNOB_PASS;
}

const char *reason_knob(enum portsieve_reason reason, const struct reason_detail *detail)
{
	enum portsieve_knob knob;

	if (reason >= PORTSIEVE_REASONS)
		return NULL;
	if (reason == PORTSIEVE_DHCP_CLIENT)
		return "dhcp_client"; /* not in drop_knobs: it is a range */
	if (is_icmp(reason) && detail->icmp_type >= 0)
		knob = icmp_knob(reason == PORTSIEVE_ICMPV6, (uint8_t)detail->icmp_type);
	else if (reason == PORTSIEVE_ROUTING_HEADER)
		knob = ext_knob(detail->drop_knobs & PORTSIEVE_ROUTING_TYPES);
	else if (reason == PORTSIEVE_EXT_HEADER)
		knob = ext_knob(detail->drop_knobs & ~(uint64_t)PORTSIEVE_ROUTING_TYPES);
	else
		knob = reasons[reason].knob;
	return knobs[knob].name;
}

struct reason_text reason_print(enum portsieve_reason reason, const struct reason_detail *detail)
{
	const char *knob = reason_knob(reason, detail);
	struct reason_text text = { "" };

	if (reason >= PORTSIEVE_REASONS)
		return text;
	if (is_icmp(reason) && detail->icmp_type >= 0)
		snprintf(text.text, sizeof(text.text), "%s type %d%s",
			 reason == PORTSIEVE_ICMPV6 ? "ICMPv6" : "ICMP", detail->icmp_type,
			 knob ? "" : ", which always passes");
	else
		snprintf(text.text, sizeof(text.text), "%s", reasons[reason].words);
	if (knob)
		snprintf(text.text + strlen(text.text), sizeof(text.text) - strlen(text.text),
			 "; knob `%s`", knob);
	return text;
}

const char *builtin_name(unsigned int range_id)
{
	return builtin_ranges[range_id % PORTSIEVE_BUILTINS].name;
}

bool return_is_auto(const struct portsieve_image *image)
{
	return image->flags & PORTSIEVE_IMAGE_RETURN_AUTO;
}

const char *return_name(const struct portsieve_image *image)
{
	if (image->flags & PORTSIEVE_IMAGE_RETURN_FLOW)
		return policy_returns[image->flags & PORTSIEVE_IMAGE_RETURN_SOCKET
					      ? POLICY_RETURN_SOCKET_FLOW
					      : POLICY_RETURN_FLOW];
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

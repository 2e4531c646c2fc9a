/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * docs/packets.md once more, rule by rule, as predicates over the bytes at absolute offsets: what a
 * proof compares the parser with. Written from that page, not from the parser: it shares only the
 * names of reasons, knobs and transports in abi.h. Offsets are those of the frame in the part on
 * the link layer, and count from the IP header after it.
 */
#ifndef PORTSIEVE_PROOFS_RULES_H
#define PORTSIEVE_PROOFS_RULES_H

#include <portsieve/abi.h>

#include "frame.h"

/* What is judged: a frame, or what it holds from its IP header on. */
static const __u8 *bytes;
static __u32 present; /* how many bytes it has; those after the first BYTES_KNOWN may be anything */

static __u32 u8(__u32 offset)
{
	return offset < BYTES_KNOWN ? bytes[offset] : nondet_u8();
}

static __u32 be16(__u32 offset)
{
	return u8(offset) << 8 | u8(offset + 1);
}

/* What the rules say. Without a port the members after `knob` have no meaning. */
struct outcome {
	_Bool goes_on; /* no rule of this part decides */
	__u32 reason;  /* PORTSIEVE_REASONS if it has a port */
	__u32 knob;
	__u32 transport;
	__u32 port;
	__u32 tcp_flags;
};

static struct outcome goes_on(void)
{
	return (struct outcome){ .goes_on = 1 };
}

static struct outcome follows(__u32 reason, __u32 knob)
{
	return (struct outcome){ .reason = reason, .knob = knob };
}

static struct outcome is_dropped(__u32 reason)
{
	return follows(reason, PORTSIEVE_KNOB_DROP);
}

static struct outcome passes(__u32 reason)
{
	return follows(reason, PORTSIEVE_KNOB_PASS);
}

/* The knobs of the extension headers and options that are present, as bits. */
static __u32 seen;

static __u32 bit(__u32 knob)
{
	return 1u << knob;
}

/*
 * Ethernet, VLAN, PPPoE, MPLS
 */

static _Bool is_tag(__u32 ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8;
}

static __u32 tags;	/* complete ones, at most 8 */
static __u32 vlan_ids;	/* of these, with a VLAN id other than 0 */
static __u32 ethertype; /* after them */
static __u32 payload;	/* the offset of what is after them */

static void find_tags(void)
{
	tags = 0;
	vlan_ids = 0;
	while (tags < 8 && is_tag(be16(12 + 4 * tags)) && 14 + 4 * tags + 4 <= present) {
		vlan_ids += (be16(14 + 4 * tags) & 0xfff) != 0;
		tags++;
	}
	ethertype = be16(12 + 4 * tags);
	payload = 14 + 4 * tags;
}

/* E1: shorter than an Ethernet header (14 bytes) */
static _Bool E1(void)
{
	return present < 14;
}

/* E2: every ethertype not named in the other rules */
static _Bool E2(void)
{
	return ethertype != 0x0800 && ethertype != 0x86dd && ethertype != 0x8864;
}

/* E3: a VLAN tag cut off by the frame's end */
static _Bool E3(void)
{
	return tags < 8 && is_tag(ethertype);
}

/* E4: a ninth tag, or more than two with a VLAN id other than 0 */
static _Bool E4(void)
{
	return (tags == 8 && is_tag(ethertype)) || vlan_ids > 2;
}

/* E5: MPLS */
static _Bool E5(void)
{
	return ethertype == 0x8847 || ethertype == 0x8848;
}

static _Bool is_session(void)
{
	return ethertype == 0x8864;
}

static __u32 session_bytes(void)
{
	return be16(payload + 4);
}

/* E7: a PPPoE session whose header is cut off, or whose length exceeds the bytes that follow */
static _Bool E7(void)
{
	return is_session() && (present < payload + 6 || session_bytes() > present - payload - 6);
}

static _Bool is_compressed(void)
{
	return u8(payload + 6) & 1;
}

/* E8: a PPPoE session whose length has no room for the PPP protocol */
static _Bool E8(void)
{
	return is_session() && (session_bytes() < 1 || (session_bytes() < 2 && !is_compressed()));
}

static __u32 ppp_protocol(void)
{
	return is_compressed() ? u8(payload + 6) : be16(payload + 6);
}

/* E9: a PPP protocol other than IPv4 and IPv6 */
static _Bool E9(void)
{
	return is_session() && ppp_protocol() != 0x0021 && ppp_protocol() != 0x0057;
}

static struct outcome link_rules(void)
{
	if (E1())
		return is_dropped(PORTSIEVE_MALFORMED_ETHERNET);
	find_tags();
	if (E3())
		return is_dropped(PORTSIEVE_MALFORMED_ETHERNET);
	if (E4())
		return follows(PORTSIEVE_VLAN_DEPTH, PORTSIEVE_KNOB_VLAN_DEPTH);
	if (E5())
		return follows(PORTSIEVE_MPLS, PORTSIEVE_KNOB_MPLS);
	if (E7() || E8())
		return is_dropped(PORTSIEVE_MALFORMED_ETHERNET);
	if (E9() || E2())
		return passes(PORTSIEVE_NON_IP);
	return goes_on();
}

/* Where the IP header begins, which it is, and how many bytes there are for it. */
static __u32 ip_offset(void)
{
	return is_session() ? payload + 6 + (is_compressed() ? 1 : 2) : payload;
}

static _Bool is_ipv4(void)
{
	return is_session() ? ppp_protocol() == 0x0021 : ethertype == 0x0800;
}

static __u32 ip_present(void)
{
	return is_session() ? session_bytes() - (is_compressed() ? 1 : 2) : present - payload;
}

/*
 * L4 and ICMP, which IPv4 and IPv6 share
 */

enum protocol {
	ICMP = 1,
	IGMP = 2,
	TCP = 6,
	UDP = 17,
	DCCP = 33,
	ICMPV6 = 58,
	SCTP = 132,
	UDPLITE = 136,
};

static _Bool over_ipv6;
static __u32 protocol;
static __u32 l4;	     /* the offset of the L4 header */
static __u32 l4_bytes;	     /* of it and its payload within the IP length */
static _Bool first_fragment; /* of several */

static __u32 minimum(void)
{
	return protocol == TCP			 ? 20
	       : protocol == UDP		 ? 8
	       : protocol == UDPLITE		 ? 8
	       : protocol == SCTP		 ? 12
	       : protocol == DCCP		 ? 12
	       : protocol == ICMP && !over_ipv6	 ? 8
	       : protocol == ICMPV6 && over_ipv6 ? 4
						 : 0;
}

/* L1: less than the minimum within the IP length */
static _Bool L1(void)
{
	return l4_bytes < minimum();
}

static __u32 data_offset(void)
{
	return u8(l4 + 12) >> 4;
}

/* L2: TCP data offset < 5 */
static _Bool L2(void)
{
	return protocol == TCP && data_offset() < 5;
}

/* L3: TCP data offset x 4 exceeds the IP length; not checked in an IPv4 first fragment */
static _Bool L3(void)
{
	return protocol == TCP && data_offset() * 4 > l4_bytes && (over_ipv6 || !first_fragment);
}

/* L4: UDP length < 8 */
static _Bool L4(void)
{
	return protocol == UDP && be16(l4 + 4) < 8;
}

/* L5: UDP length exceeds the IP length; not checked in a first fragment */
static _Bool L5(void)
{
	return protocol == UDP && be16(l4 + 4) > l4_bytes && !first_fragment;
}

/* C1: ICMPv4 types 3, 11, 12 */
static _Bool C1(void)
{
	return u8(l4) == 3 || u8(l4) == 11 || u8(l4) == 12;
}

/* C2: ICMPv4 types 0, 8 */
static _Bool C2(void)
{
	return u8(l4) == 0 || u8(l4) == 8;
}

static _Bool type_is_in(__u32 low, __u32 high)
{
	return u8(l4) >= low && u8(l4) <= high;
}

/* C4: ICMPv6 types 1-4, 130-136, 141-143, 148, 149, 151-153 */
static _Bool C4(void)
{
	return type_is_in(1, 4) || type_is_in(130, 136) || type_is_in(141, 143) ||
	       type_is_in(148, 149) || type_is_in(151, 153);
}

/* C5: ICMPv6 types 128, 129 */
static _Bool C5(void)
{
	return type_is_in(128, 129);
}

/* C6: ICMPv6 types 144-147 */
static _Bool C6(void)
{
	return type_is_in(144, 147);
}

static struct outcome icmp_rules(void)
{
	if (C1())
		return passes(PORTSIEVE_ICMP);
	if (C2())
		return follows(PORTSIEVE_ICMP, PORTSIEVE_KNOB_ICMP_ECHO);
	return follows(PORTSIEVE_ICMP, PORTSIEVE_KNOB_ICMP_OTHER); /* C3 */
}

static struct outcome icmpv6_rules(void)
{
	if (C4())
		return passes(PORTSIEVE_ICMPV6);
	if (C5())
		return follows(PORTSIEVE_ICMPV6, PORTSIEVE_KNOB_ICMPV6_ECHO);
	if (C6())
		return follows(PORTSIEVE_ICMPV6, PORTSIEVE_KNOB_ICMPV6_MOBILITY);
	return follows(PORTSIEVE_ICMPV6, PORTSIEVE_KNOB_ICMPV6_OTHER); /* C7 */
}

static _Bool has_ports(void)
{
	return protocol == TCP || protocol == UDP || protocol == UDPLITE || protocol == SCTP ||
	       protocol == DCCP;
}

static struct outcome tiny_fragment(void)
{
	return follows(PORTSIEVE_TINY_FRAGMENT, PORTSIEVE_KNOB_TINY_FRAGMENT);
}

static struct outcome l4_rules(void)
{
	if (L1())
		return first_fragment ? tiny_fragment() : is_dropped(PORTSIEVE_MALFORMED_L4);
	if (L2())
		return is_dropped(PORTSIEVE_MALFORMED_L4);
	if (L3())
		return first_fragment ? tiny_fragment() : is_dropped(PORTSIEVE_MALFORMED_L4);
	if (L4() || L5())
		return is_dropped(PORTSIEVE_MALFORMED_L4);
	if (protocol == ICMP && !over_ipv6)
		return icmp_rules();
	if (protocol == ICMPV6 && over_ipv6)
		return icmpv6_rules();
	if (protocol == IGMP && !over_ipv6)
		return passes(PORTSIEVE_IGMP); /* C8 */
	if (!has_ports())		       /* I5, X10 */
		return follows(PORTSIEVE_OTHER_PROTOCOL, PORTSIEVE_KNOB_OTHER_PROTOCOL);
	return (struct outcome){ .reason = PORTSIEVE_REASONS,
				 .transport = protocol == TCP	 ? PORTSIEVE_TCP
					      : protocol == SCTP ? PORTSIEVE_SCTP
					      : protocol == DCCP ? PORTSIEVE_DCCP
								 : PORTSIEVE_UDP,
				 .port = be16(l4 + 2),
				 .tcp_flags = u8(l4 + 13) };
}

/*
 * IPv4
 */

static __u32 ihl(void)
{
	return u8(0) & 0x0f;
}

static __u32 total_length(void)
{
	return be16(2);
}

static _Bool more_fragments(void)
{
	return u8(6) & 0x20;
}

static __u32 fragment_offset(void)
{
	return be16(6) & 0x1fff;
}

/* I1: too short, or lengths that do not fit */
static _Bool I1(void)
{
	return present < 20 || u8(0) >> 4 != 4 || ihl() < 5 || total_length() < ihl() * 4 ||
	       total_length() > present;
}

/* I2: a fragment past 65535, or one before the last whose length is not a multiple of 8 */
static _Bool I2(void)
{
	__u32 length = total_length() - ihl() * 4;

	return fragment_offset() * 8 + length > 65535 || (more_fragments() && length % 8);
}

/* I3: TCP with fragment offset 1 */
static _Bool I3(void)
{
	return u8(9) == TCP && fragment_offset() == 1;
}

/* I4: any other fragment offset > 0 */
static _Bool I4(void)
{
	return fragment_offset() > 0;
}

/* I6: an option of type 131 or 137 */
static _Bool I6(void)
{
	__u32 offset = 20, end = ihl() * 4;

	while (offset < end && u8(offset) != 0) {
		if (u8(offset) == 1) {
			offset++;
			continue;
		}
		if (offset + 1 >= end || u8(offset + 1) < 2)
			return 0;
		if (u8(offset) == 131 || u8(offset) == 137)
			return 1;
		offset += u8(offset + 1);
	}
	return 0;
}

static struct outcome ipv4_rules(void)
{
	if (I1())
		return is_dropped(PORTSIEVE_MALFORMED_IPV4);
	if (I2())
		return is_dropped(PORTSIEVE_MALFORMED_IPV4);
	if (I3())
		return tiny_fragment();
	if (I4())
		return follows(PORTSIEVE_LATER_FRAGMENT, PORTSIEVE_KNOB_LATER_FRAGMENT);
	over_ipv6 = 0;
	protocol = u8(9);
	l4 = ihl() * 4;
	l4_bytes = total_length() - l4;
	first_fragment = more_fragments();
	return l4_rules();
}

/*
 * IPv6
 */

enum next_header {
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	ESP = 50,
	AUTHENTICATION = 51,
	NO_NEXT_HEADER = 59,
	DESTINATION_OPTIONS = 60,
	MOBILITY = 135,
	HIP = 139,
	SHIM6 = 140,
};

static __u32 payload_length(void)
{
	return be16(4);
}

/* S1: too short, or a payload length that does not fit */
static _Bool S1(void)
{
	return present < 40 || u8(0) >> 4 != 6 || payload_length() > present - 40;
}

static _Bool has_jumbo_lengths(void)
{
	return payload_length() == 0 && u8(6) == HOP_BY_HOP;
}

/* S2: a Jumbo Payload option is where it has to be */
static _Bool S2(void)
{
	return has_jumbo_lengths() && present >= 48 && u8(42) == 0xc2 && u8(43) == 4;
}

/* S3: payload length 0 and hop-by-hop otherwise */
static _Bool S3(void)
{
	return has_jumbo_lengths();
}

/* The extension header that is judged. */
static __u32 kind;    /* what the header before it announces */
static __u32 header;  /* its offset */
static __u32 headers; /* complete ones before it */
static __u32 left;    /* payload bytes from it on */

static _Bool is_extension_header(void)
{
	return kind == HOP_BY_HOP || kind == ROUTING || kind == FRAGMENT ||
	       kind == AUTHENTICATION || kind == DESTINATION_OPTIONS || kind == MOBILITY ||
	       kind == HIP || kind == SHIM6;
}

static __u32 header_bytes(void)
{
	if (kind == FRAGMENT)
		return 8;
	if (kind == AUTHENTICATION)
		return (u8(header + 1) + 2) * 4;
	return (u8(header + 1) + 1) * 8;
}

/* X1: hop-by-hop anywhere but first */
static _Bool X1(void)
{
	return kind == HOP_BY_HOP && headers > 0;
}

/* X2: a ninth extension header */
static _Bool X2(void)
{
	return headers == 8;
}

/* X3: the first 8 bytes, or the whole length, exceed the payload length */
static _Bool X3(void)
{
	return left < 8 || left < header_bytes();
}

static __u32 x_offset(void)
{
	return be16(header + 2) & 0xfff8;
}

static _Bool x_more(void)
{
	return u8(header + 3) & 1;
}

/* X4: a fragment past 65535, or one before the last whose length is not a multiple of 8 */
static _Bool X4(void)
{
	return kind == FRAGMENT &&
	       (x_offset() + left - 8 > 65535 || (x_more() && (left - 8) % 8 != 0));
}

/* X5: a fragment header with offset > 0 */
static _Bool X5(void)
{
	return kind == FRAGMENT && x_offset() > 0;
}

/* X7: a fragment header with offset 0 and more-fragments. Without it, X6, nothing changes. */
static _Bool X7(void)
{
	return kind == FRAGMENT && x_offset() == 0 && x_more();
}

/* X9: ESP and no next header */
static _Bool X9(void)
{
	return kind == ESP || kind == NO_NEXT_HEADER;
}

/* The knobs of a complete header. */
static __u32 knobs_of_header(void)
{
	__u32 type = u8(header + 2);

	if (kind == ROUTING)
		return bit(PORTSIEVE_KNOB_ROUTING) |
		       (type == 0 ? bit(PORTSIEVE_KNOB_ROUTING_TYPE_0) : 0) |
		       (type == 1 ? bit(PORTSIEVE_KNOB_ROUTING_TYPE_1) : 0) |
		       (type == 3 ? bit(PORTSIEVE_KNOB_ROUTING_TYPE_3) : 0) |
		       (type == 4 ? bit(PORTSIEVE_KNOB_ROUTING_TYPE_4) : 0);
	return bit(kind == HOP_BY_HOP		 ? PORTSIEVE_KNOB_HOP_BY_HOP
		   : kind == FRAGMENT		 ? PORTSIEVE_KNOB_FRAGMENT
		   : kind == AUTHENTICATION	 ? PORTSIEVE_KNOB_AUTHENTICATION
		   : kind == DESTINATION_OPTIONS ? PORTSIEVE_KNOB_DESTINATION_OPTIONS
		   : kind == MOBILITY		 ? PORTSIEVE_KNOB_MOBILITY
		   : kind == HIP		 ? PORTSIEVE_KNOB_HIP
						 : PORTSIEVE_KNOB_SHIM6);
}

/* X3 to X8 of one header. If none decides, the next one is judged. */
static struct outcome header_rules(void)
{
	__u32 size;

	if (X3())
		return first_fragment ? tiny_fragment() : is_dropped(PORTSIEVE_MALFORMED_IPV6);
	seen |= knobs_of_header();
	if (X4())
		return is_dropped(PORTSIEVE_MALFORMED_IPV6);
	if (X5())
		return follows(PORTSIEVE_LATER_FRAGMENT, PORTSIEVE_KNOB_LATER_FRAGMENT);
	if (X7())
		first_fragment = 1;
	size = header_bytes();
	kind = u8(header);
	header += size;
	left -= size;
	return goes_on();
}

/* The chain of extension headers: each is judged before the next one is read. */
static struct outcome chain_rules(void)
{
	struct outcome outcome;

	for (headers = 0; is_extension_header(); headers++) {
		if (X2())
			return follows(PORTSIEVE_EXT_DEPTH, PORTSIEVE_KNOB_EXT_DEPTH);
		if (X1())
			return is_dropped(PORTSIEVE_MALFORMED_IPV6);
		outcome = header_rules();
		if (!outcome.goes_on)
			return outcome;
	}
	return goes_on();
}

static struct outcome ipv6_rules(void)
{
	struct outcome outcome;

	if (S1())
		return is_dropped(PORTSIEVE_MALFORMED_IPV6);
	if (S2()) {
		seen = bit(PORTSIEVE_KNOB_HOP_BY_HOP);
		return follows(PORTSIEVE_JUMBOGRAM, PORTSIEVE_KNOB_JUMBOGRAM);
	}
	if (S3())
		return is_dropped(PORTSIEVE_MALFORMED_IPV6);
	kind = u8(6);
	header = 40;
	left = payload_length();
	seen = 0;
	first_fragment = 0;
	outcome = chain_rules();
	if (!outcome.goes_on)
		return outcome;
	if (X9())
		return follows(PORTSIEVE_NO_PORT, PORTSIEVE_KNOB_NO_PORT);
	over_ipv6 = 1;
	protocol = kind;
	l4 = header;
	l4_bytes = left;
	return l4_rules();
}

#endif

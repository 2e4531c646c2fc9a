/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * IPv6: header, chain of extension headers, fragments, jumbograms. Rules S1 to S3 and X1 to X10 of
 * docs/packets.md. Pure (cursor.h).
 */
#ifndef PORTSIEVE_PARSE_IPV6_H
#define PORTSIEVE_PARSE_IPV6_H

#include <linux/ipv6.h>

#include "parse/ipv4.h"

enum ipv6_next_header {
	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_ESP = 50,
	NEXT_AUTHENTICATION = 51,
	NEXT_NONE = 59,
	NEXT_DESTINATION_OPTIONS = 60,
	NEXT_MOBILITY = 135,
	NEXT_HIP = 139,
	NEXT_SHIM6 = 140,
};

enum ipv6_option {
	OPTION_JUMBO_PAYLOAD = 0xc2, /* RFC 2675 2 */
	OPTION_JUMBO_PAYLOAD_BYTES = 4,
};

enum ipv6_fragment {
	IPV6_FRAGMENT_MORE = 0x0001,
	IPV6_FRAGMENT_OFFSET = 0xfff8, /* in bytes */
};

/* The first eight bytes of every extension header. */
struct ext_header {
	__u8 next;
	__u8 length;
	__u8 routing_type; /* or the type of the first option */
	__u8 fourth;	   /* or the length of the first option */
	__u8 rest[4];
};

struct fragment_header {
	__u8 next;
	__u8 reserved;
	__be16 offset;
	__be32 identification;
};

/*
 * Length and knob of each extension header, by next header; zeros for any other protocol. A table
 * instead of branches: the verifier does not know the values in a table, so it does not explore
 * every kind at each of the eight steps. RFC 8200 4; an authentication header counts its length in
 * 4-byte units (RFC 4302 2.2), a fragment header has no length field.
 */
struct ext_kind {
	__u8 knob;
	__u8 length_mask;
	__u8 add_units;
	__u8 unit_bytes;
};

static const struct ext_kind ext_kinds[256] = {
	[NEXT_HOP_BY_HOP] = { PORTSIEVE_KNOB_HOP_BY_HOP, 0xff, 1, 8 },
	[NEXT_ROUTING] = { PORTSIEVE_KNOB_ROUTING, 0xff, 1, 8 },
	[NEXT_FRAGMENT] = { PORTSIEVE_KNOB_FRAGMENT, 0, 1, 8 },
	[NEXT_AUTHENTICATION] = { PORTSIEVE_KNOB_AUTHENTICATION, 0xff, 2, 4 },
	[NEXT_DESTINATION_OPTIONS] = { PORTSIEVE_KNOB_DESTINATION_OPTIONS, 0xff, 1, 8 },
	[NEXT_MOBILITY] = { PORTSIEVE_KNOB_MOBILITY, 0xff, 1, 8 },
	[NEXT_HIP] = { PORTSIEVE_KNOB_HIP, 0xff, 1, 8 },
	[NEXT_SHIM6] = { PORTSIEVE_KNOB_SHIM6, 0xff, 1, 8 },
};

/*
 * Routing types that should not cross a network edge: 0 (RFC 5095) and 1 (IANA) are deprecated, 3
 * must not leave its RPL domain (RFC 6554 1), and 4 its segment routing domain (RFC 8754 5.1): it
 * changes the destination, or tunnels past the port. Other types map to the knob that is never set.
 */
static const __u8 routing_type_knobs[256] = {
	[0] = PORTSIEVE_KNOB_ROUTING_TYPE_0,
	[1] = PORTSIEVE_KNOB_ROUTING_TYPE_1,
	[3] = PORTSIEVE_KNOB_ROUTING_TYPE_3,
	[4] = PORTSIEVE_KNOB_ROUTING_TYPE_4,
};

portsieve_inline _Bool is_ext(__u8 next)
{
	return ext_kinds[next].knob != PORTSIEVE_KNOB_PASS;
}

/* The mask never changes the value: it gives the verifier a bound, as it cannot see the table. */
portsieve_inline __u32 ext_bytes(const struct ext_kind *kind, __u8 length)
{
	return ((length & kind->length_mask) + kind->add_units) * kind->unit_bytes & 0xfff;
}

/* The cursor is after the fragment header. An atomic fragment (RFC 6946) is a whole datagram. */
portsieve_inline _Bool parse_ipv6_fragment(struct cursor *cursor, struct packet *packet,
					   const struct fragment_header *header)
{
	__u32 fragment = be16_to_host(header->offset);
	__u32 offset_bytes = fragment & IPV6_FRAGMENT_OFFSET;
	_Bool more = fragment & IPV6_FRAGMENT_MORE;

	if (offset_bytes + cursor->left_bytes > IP_DATAGRAM_BYTES_MAX ||
	    (more && cursor->left_bytes % IPV4_FRAGMENT_UNIT_BYTES))
		return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV6);
	if (offset_bytes)
		return packet_end(packet, PORTSIEVE_LATER_FRAGMENT, PORTSIEVE_KNOB_LATER_FRAGMENT);
	if (more)
		packet->fragmented = 1;
	return 1;
}

portsieve_inline _Bool ext_too_short(struct packet *packet)
{
	if (packet->fragmented)
		return packet_tiny(packet);
	return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV6);
}

/* Advances over one extension header of kind *next, and sets *next to what follows it. */
portsieve_inline _Bool parse_ext_header(struct cursor *cursor, struct packet *packet, __u8 *next)
{
	const struct ext_header *header = cursor_peek(cursor, sizeof(*header));
	const struct ext_kind *kind = &ext_kinds[*next];
	__u8 this = *next;

	if (!header || !cursor_take(cursor, ext_bytes(kind, header->length)))
		return ext_too_short(packet);
	*next = header->next;
	packet->ext_seen |= 1u << (kind->knob & 31);
	if (this == NEXT_ROUTING)
		packet->ext_seen |= 1u << (routing_type_knobs[header->routing_type] & 31);
	if (this == NEXT_FRAGMENT)
		return parse_ipv6_fragment(cursor, packet, (const void *)header);
	return 1;
}

/* Advances over all extension headers, and sets *next to the protocol that follows them. */
portsieve_inline _Bool parse_ext_chain(struct cursor *cursor, struct packet *packet, __u8 *next)
{
	for (int depth = 0; depth < PORTSIEVE_EXT_HEADERS_MAX; depth++) {
		if (!is_ext(*next))
			return 1;
		if (*next == NEXT_HOP_BY_HOP && depth > 0)
			return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV6);
		if (!parse_ext_header(cursor, packet, next))
			return 0;
	}
	if (is_ext(*next))
		return packet_end(packet, PORTSIEVE_EXT_DEPTH, PORTSIEVE_KNOB_EXT_DEPTH);
	return 1;
}

/*
 * Payload length 0 and a hop-by-hop header. Without a Jumbo Payload option this is malformed
 * (RFC 2675 3): Linux would use the frame's length instead, which could hide a port.
 */
portsieve_inline _Bool parse_jumbogram(struct cursor *cursor, struct packet *packet)
{
	const struct ext_header *header = cursor_peek(cursor, sizeof(*header));

	if (!header || header->routing_type != OPTION_JUMBO_PAYLOAD ||
	    header->fourth != OPTION_JUMBO_PAYLOAD_BYTES)
		return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV6);
	packet->ext_seen = 1u << PORTSIEVE_KNOB_HOP_BY_HOP;
	return packet_end(packet, PORTSIEVE_JUMBOGRAM, PORTSIEVE_KNOB_JUMBOGRAM);
}

/* True if the packet has a port; false if it has ended with its reason. */
portsieve_inline _Bool parse_ipv6(struct cursor *cursor, struct packet *packet)
{
	const struct ipv6hdr *ip = cursor_take(cursor, sizeof(*ip));
	__u8 next;

	if (!ip || ip->version != 6)
		return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV6);
	packet->family = PACKET_IPV6;
	packet->addresses = &ip->saddr;
	next = ip->nexthdr;
	if (next == NEXT_HOP_BY_HOP && !ip->payload_len)
		return parse_jumbogram(cursor, packet);
	if (!cursor_narrow(cursor, be16_to_host(ip->payload_len)))
		return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV6);
	if (!parse_ext_chain(cursor, packet, &next))
		return 0;
	if (next == IPPROTO_ICMPV6)
		return parse_icmpv6(cursor, packet);
	if (next == NEXT_ESP || next == NEXT_NONE)
		return packet_end(packet, PORTSIEVE_NO_PORT, PORTSIEVE_KNOB_NO_PORT);
	return parse_l4(cursor, packet, next, 1);
}

#endif

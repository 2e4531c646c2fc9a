/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ethernet, VLAN tags and PPPoE sessions: from the frame's first byte to the protocol of the
 * network layer. Rules E1 to E9 of docs/packets.md. Pure (cursor.h).
 */
#ifndef PORTSIEVE_PARSE_L2_H
#define PORTSIEVE_PARSE_L2_H

#include <linux/if_ether.h>

#include "parse/byteorder.h"
#include "parse/packet.h"

enum ppp_protocol {
	PPP_PROTOCOL_IPV4 = 0x0021,
	PPP_PROTOCOL_IPV6 = 0x0057,
};

enum vlan_control {
	VLAN_ID_MASK = 0x0fff,
};

struct vlan_tag {
	__be16 control;
	__be16 ethertype;
};

enum l2_sizes {
	L2_BYTES_MASK = 63, /* the headers of this file are at most 54 bytes */
};

struct pppoe_header {
	__u8 version_type;
	__u8 code;
	__be16 session;
	__be16 length_bytes; /* of what follows */
};

portsieve_inline _Bool is_vlan(__be16 ethertype)
{
	return ethertype == BE16(ETH_P_8021Q) || ethertype == BE16(ETH_P_8021AD);
}

/* 0 or 1, without a branch, as the verifier would follow both sides for each tag. */
portsieve_inline __u32 has_vlan_id(const struct vlan_tag *tag)
{
	return ((be16_to_host(tag->control) & VLAN_ID_MASK) + VLAN_ID_MASK) / (VLAN_ID_MASK + 1);
}

/*
 * Skips up to eight tags, and sets *ethertype to that of their payload. Linux skips any number of
 * priority tags (VLAN id 0), but needs a device for each VLAN id.
 */
portsieve_inline _Bool parse_vlan(struct cursor *cursor, struct packet *packet, __be16 *ethertype)
{
	__u32 vlan_ids = 0;

	for (int depth = 0; depth < PORTSIEVE_VLAN_DEPTH_MAX && is_vlan(*ethertype); depth++) {
		const struct vlan_tag *tag = cursor_take(cursor, sizeof(*tag));

		if (!tag)
			return packet_malformed(packet, PORTSIEVE_MALFORMED_ETHERNET);
		vlan_ids += has_vlan_id(tag);
		*ethertype = tag->ethertype;
	}
	if (is_vlan(*ethertype) || vlan_ids > PORTSIEVE_VLAN_IDS_MAX)
		return packet_end(packet, PORTSIEVE_VLAN_DEPTH, PORTSIEVE_KNOB_VLAN_DEPTH);
	return 1;
}

/*
 * Reads the protocol field after a PPPoE header: one byte if it is odd, else two. (RFC 1661 5: the
 * least significant bit ends the field. A peer may send it compressed, and Linux accepts that.)
 */
portsieve_inline _Bool parse_ppp_protocol(struct cursor *cursor, __u16 *ret_protocol)
{
	const __u8 *byte = cursor_take(cursor, 1);
	__u16 protocol;

	if (!byte)
		return 0;
	protocol = *byte;
	if (!(protocol & 1)) {
		byte = cursor_take(cursor, 1);
		if (!byte)
			return 0;
		protocol = protocol << 8 | *byte;
	}
	*ret_protocol = protocol;
	return 1;
}

/* Skips the header of a PPPoE session (RFC 2516), and sets *ethertype to that of its payload. */
portsieve_inline _Bool parse_pppoe(struct cursor *cursor, struct packet *packet, __be16 *ethertype)
{
	const struct pppoe_header *pppoe = cursor_take(cursor, sizeof(*pppoe));
	__u16 protocol;

	if (!pppoe || !cursor_narrow(cursor, be16_to_host(pppoe->length_bytes)) ||
	    !parse_ppp_protocol(cursor, &protocol))
		return packet_malformed(packet, PORTSIEVE_MALFORMED_ETHERNET);
	if (protocol == PPP_PROTOCOL_IPV4)
		*ethertype = BE16(ETH_P_IP);
	else if (protocol == PPP_PROTOCOL_IPV6)
		*ethertype = BE16(ETH_P_IPV6);
	else
		return packet_end(packet, PORTSIEVE_NON_IP, PORTSIEVE_KNOB_PASS);
	return 1;
}

/* Frames that carry neither IPv4 nor IPv6. */
portsieve_inline _Bool parse_other_ethertype(struct packet *packet, __be16 ethertype)
{
	if (ethertype == BE16(ETH_P_MPLS_UC) || ethertype == BE16(ETH_P_MPLS_MC))
		return packet_end(packet, PORTSIEVE_MPLS, PORTSIEVE_KNOB_MPLS);
	return packet_end(packet, PORTSIEVE_NON_IP, PORTSIEVE_KNOB_PASS);
}

portsieve_inline _Bool is_ip(__be16 ethertype)
{
	return ethertype == BE16(ETH_P_IP) || ethertype == BE16(ETH_P_IPV6);
}

/*
 * True if the cursor is at an IP header: *ret_ethertype is then BE16(ETH_P_IP) or BE16(ETH_P_IPV6).
 * False if the packet has ended with its reason.
 */
portsieve_inline _Bool parse_l2(struct cursor *cursor, struct packet *packet, __be16 *ret_ethertype)
{
	const struct ethhdr *ethernet = cursor_take(cursor, sizeof(*ethernet));
	__be16 ethertype;

	if (!ethernet)
		return packet_malformed(packet, PORTSIEVE_MALFORMED_ETHERNET);
	ethertype = ethernet->h_proto;
	if (!is_ip(ethertype)) {
		if (!parse_vlan(cursor, packet, &ethertype))
			return 0;
		if (ethertype == BE16(ETH_P_PPP_SES) && !parse_pppoe(cursor, packet, &ethertype))
			return 0;
		if (!is_ip(ethertype))
			return parse_other_ethertype(packet, ethertype);
		cursor_forget(cursor, ethernet, L2_BYTES_MASK);
	}
	*ret_ethertype = ethertype;
	return 1;
}

#endif

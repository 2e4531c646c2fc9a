/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv4: header, options, fragments. Rules I1 to I5 of docs/packets.md. Pure (cursor.h). */
#ifndef PORTSIEVE_PARSE_IPV4_H
#define PORTSIEVE_PARSE_IPV4_H

#include <linux/ip.h>

#include "parse/l4.h"

enum ipv4_fragment {
	IPV4_MORE_FRAGMENTS = 0x2000,
	IPV4_FRAGMENT_OFFSET = 0x1fff, /* in units of 8 bytes */
	IPV4_FRAGMENT_UNIT_BYTES = 8,
	IP_DATAGRAM_BYTES_MAX = 65535,
};

/*
 * True for a first fragment; false if the packet has ended with its reason. A fragment at offset 1
 * could overwrite the TCP header from byte 8 on (RFC 1858 3, RFC 3128).
 */
portsieve_inline _Bool parse_ipv4_fragment(struct packet *packet, const struct iphdr *ip,
					   __u32 length_bytes)
{
	__u32 fragment = be16_to_host(ip->frag_off);
	__u32 offset = fragment & IPV4_FRAGMENT_OFFSET;
	_Bool more = fragment & IPV4_MORE_FRAGMENTS;

	if (offset * IPV4_FRAGMENT_UNIT_BYTES + length_bytes > IP_DATAGRAM_BYTES_MAX ||
	    (more && length_bytes % IPV4_FRAGMENT_UNIT_BYTES))
		return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV4);
	if (offset == 1 && ip->protocol == IPPROTO_TCP)
		return packet_tiny(packet);
	if (offset)
		return packet_end(packet, PORTSIEVE_LATER_FRAGMENT, PORTSIEVE_KNOB_LATER_FRAGMENT);
	packet->fragmented = 1;
	return 1;
}

/* True if the packet has a port; false if it has ended with its reason. */
portsieve_inline _Bool parse_ipv4(struct cursor *cursor, struct packet *packet)
{
	const struct iphdr *ip = cursor_take(cursor, sizeof(*ip));
	__u32 header_bytes, total_bytes;

	if (!ip)
		return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV4);
	header_bytes = ip->ihl * 4;
	total_bytes = be16_to_host(ip->tot_len);
	if (ip->version != 4 || header_bytes < sizeof(*ip) || total_bytes < header_bytes)
		return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV4);
	if (header_bytes > sizeof(*ip) && !cursor_take(cursor, header_bytes - sizeof(*ip)))
		return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV4);
	if (!cursor_narrow(cursor, total_bytes - header_bytes))
		return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV4);
	if (ip->frag_off & BE16(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET) &&
	    !parse_ipv4_fragment(packet, ip, total_bytes - header_bytes))
		return 0;
	packet->family = PACKET_IPV4;
	packet->addresses = &ip->saddr;
	if (ip->protocol == IPPROTO_ICMP)
		return parse_icmp(cursor, packet);
	if (ip->protocol == IPPROTO_IGMP)
		return packet_end(packet, PORTSIEVE_IGMP, PORTSIEVE_KNOB_PASS);
	return parse_l4(cursor, packet, ip->protocol, 0);
}

#endif

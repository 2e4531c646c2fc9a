/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv4: header, options, fragments. Rules I1 to I6 of docs/packets.md. Pure (cursor.h). */
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

/* RFC 791 3.1 */
enum ipv4_option {
	OPTION_END = 0,
	OPTION_NO_OPERATION = 1,
	OPTION_LOOSE_SOURCE_ROUTE = 131,
	OPTION_STRICT_SOURCE_ROUTE = 137,
	OPTION_HEADER_BYTES = 2, /* type and length, of all other options */
	IPV4_OPTIONS_BYTES_MAX = 40,
	IPV4_OPTIONS_BYTES_MASK = 63,
};

/*
 * The knob of each option. A table instead of branches, as ext_kinds: options that no knob names
 * map to the knob that is never set.
 */
static const __u8 ipv4_option_knobs[256] = {
	[OPTION_LOOSE_SOURCE_ROUTE] = PORTSIEVE_KNOB_SOURCE_ROUTE,
	[OPTION_STRICT_SOURCE_ROUTE] = PORTSIEVE_KNOB_SOURCE_ROUTE,
};

/*
 * Notes the options that a knob names. The cursor, a copy of the parser's, is at the first option,
 * limited to the options. An invalid length ends the search: Linux discards such a packet.
 */
portsieve_inline void parse_ipv4_options(struct cursor cursor, struct packet *packet)
{
	const void *start = cursor.at;

	/* what the verifier learns here of the memory's end must not be said of the IP header */
	cursor_forget(&cursor, start, IPV4_OPTIONS_BYTES_MASK);
	for (int option = 0; option < IPV4_OPTIONS_BYTES_MAX; option++) {
		const __u8 *type = cursor_peek(&cursor, 1);
		const __u8 *header;
		__u32 option_bytes = 1;

		if (!type || *type == OPTION_END)
			return;
		if (*type != OPTION_NO_OPERATION) {
			header = cursor_peek(&cursor, OPTION_HEADER_BYTES);
			if (!header || header[1] < OPTION_HEADER_BYTES)
				return;
			option_bytes = header[1];
			packet->ext_seen |= 1u << (ipv4_option_knobs[header[0]] & 31);
		}
		if (!cursor_take(&cursor, option_bytes))
			return;
		cursor_forget(&cursor, start, IPV4_OPTIONS_BYTES_MASK);
	}
}

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
	if (header_bytes > sizeof(*ip)) {
		struct cursor options = *cursor;

		if (!cursor_take(cursor, header_bytes - sizeof(*ip)))
			return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV4);
		cursor_narrow(&options, header_bytes - sizeof(*ip));
		parse_ipv4_options(options, packet);
	}
	if (!cursor_narrow(cursor, total_bytes - header_bytes))
		return packet_malformed(packet, PORTSIEVE_MALFORMED_IPV4);
	packet->family = PACKET_IPV4;
	packet->addresses = &ip->saddr;
	if (ip->frag_off & BE16(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET) &&
	    !parse_ipv4_fragment(packet, ip, total_bytes - header_bytes))
		return 0;
	if (ip->protocol == IPPROTO_ICMP)
		return parse_icmp(cursor, packet);
	if (ip->protocol == IPPROTO_IGMP)
		return packet_end(packet, PORTSIEVE_IGMP, PORTSIEVE_KNOB_PASS);
	return parse_l4(cursor, packet, ip->protocol, 0);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way for most packets: TCP or UDP, whole and well-formed, straight behind an IPv4 header
 * without options or an IPv6 header without extensions, with at most one VLAN tag. It names no
 * reason: whatever is not so plain is left to the parser. What it says, the parser says too. Pure.
 */
#ifndef PORTSIEVE_PARSE_PLAIN_H
#define PORTSIEVE_PARSE_PLAIN_H

#include "parse.h"

enum plain {
	PLAIN_IPV4_NO_OPTIONS = 0x45, /* version and ihl */
	PLAIN_IPV6_VERSION = 0x60,
	PLAIN_IPV6_VERSION_MASK = 0xf0,
	/*
	 * A longer frame may go on in a second buffer behind this memory: drivers fill the first
	 * one before. (One that splits headers off leaves less of it than the IP header speaks of.)
	 */
	PLAIN_FRAME_BYTES_MAX = 1536,
};

/* Fills in *packet from a whole L4 header; payload_bytes is what the IP header says. */
portsieve_inline _Bool plain_l4(const void *l4, __u8 protocol, __u32 payload_bytes,
				struct packet *packet)
{
	if (protocol == IPPROTO_TCP) {
		const struct tcphdr *tcp = l4;
		__u32 header_bytes = tcp->doff * 4;

		if (header_bytes < sizeof(*tcp) || header_bytes > payload_bytes)
			return 0;
		packet->tcp_flags = ((const __u8 *)tcp)[TCP_FLAGS_OFFSET];
		return l4_port(packet, PORTSIEVE_TCP, tcp->dest);
	}
	if (protocol == IPPROTO_UDP) {
		const struct udphdr *udp = l4;
		__u32 length_bytes = be16_to_host(udp->len);

		if (length_bytes < sizeof(*udp) || length_bytes > payload_bytes)
			return 0;
		return l4_port(packet, PORTSIEVE_UDP, udp->dest);
	}
	return 0;
}

portsieve_inline _Bool plain_ipv4(const void *at, const void *end, struct packet *packet)
{
	const struct iphdr *ip = at;
	const void *l4 = at + sizeof(*ip);
	__u32 total_bytes;

	if (l4 + sizeof(struct tcphdr) > end || *(const __u8 *)at != PLAIN_IPV4_NO_OPTIONS ||
	    ip->frag_off & BE16(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		return 0;
	total_bytes = be16_to_host(ip->tot_len);
	if (total_bytes < sizeof(*ip) || total_bytes > end - at)
		return 0;
	return plain_l4(l4, ip->protocol, total_bytes - sizeof(*ip), packet);
}

portsieve_inline _Bool plain_ipv6(const void *at, const void *end, struct packet *packet)
{
	const struct ipv6hdr *ip = at;
	const void *l4 = at + sizeof(*ip);
	__u32 payload_bytes;

	if (l4 + sizeof(struct tcphdr) > end ||
	    (*(const __u8 *)at & PLAIN_IPV6_VERSION_MASK) != PLAIN_IPV6_VERSION)
		return 0;
	payload_bytes = be16_to_host(ip->payload_len);
	if (payload_bytes > end - l4)
		return 0;
	return plain_l4(l4, ip->nexthdr, payload_bytes, packet);
}

/*
 * frame .. frame_end as in parse_packet. True: *packet has a port, a transport and TCP flags, its
 * other members are as `has a port` wants them. False: nothing is said of the packet.
 */
portsieve_inline _Bool parse_plain(const void *frame, const void *frame_end, struct packet *packet)
{
	const struct vlan_tag *type =
		frame + 2 * ETH_ALEN - sizeof(__be16); /* before a tag's place */

	if ((const void *)(type + 2) > frame_end || frame_end - frame > PLAIN_FRAME_BYTES_MAX)
		return 0;
	*packet = (struct packet){ .tcp_flags = PACKET_NO_FLAGS };
	if (type->ethertype == BE16(ETH_P_8021Q))
		type++;
	if (type->ethertype == BE16(ETH_P_IP))
		return plain_ipv4(type + 1, frame_end, packet);
	if (type->ethertype == BE16(ETH_P_IPV6))
		return plain_ipv6(type + 1, frame_end, packet);
	return 0;
}

#endif

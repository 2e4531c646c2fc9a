/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fast path for most packets: unfragmented, well-formed TCP or UDP directly after an IPv4
 * header without options or an IPv6 header without extension headers, with at most one VLAN tag.
 * Leaves all other packets, and all reasons, to the parser. The two always agree. Pure (cursor.h).
 */
#ifndef PORTSIEVE_PARSE_PLAIN_H
#define PORTSIEVE_PARSE_PLAIN_H

#include "parse/parse.h"

enum plain_limits {
	PLAIN_IPV4_NO_OPTIONS = 0x45, /* version and ihl */
	PLAIN_IPV6_VERSION = 0x60,
	PLAIN_IPV6_VERSION_MASK = 0xf0,
	/*
	 * A longer frame may continue in a second buffer: drivers fill the first one before. (A
	 * driver that splits headers off leaves less in the first than the IP header announces.)
	 */
	PLAIN_FRAME_BYTES_MAX = 1536,
	/* from Ethernet to TCP */
	PLAIN_HEADERS_BYTES_MIN =
		sizeof(struct ethhdr) + sizeof(struct iphdr) + sizeof(struct tcphdr),
	PLAIN_HEADERS_BYTES_MAX = sizeof(struct ethhdr) + sizeof(struct vlan_tag) +
				  sizeof(struct ipv6hdr) + sizeof(struct tcphdr),
};

/* The payload of a plain IP header. At least the size of a TCP header is in the memory. */
struct plain {
	const void *addresses;
	const void *l4;
	__u32 family; /* enum packet_family */
	__u32 protocol;
	__u32 payload_bytes; /* according to the IP header; at most those in the memory */
};

portsieve_inline _Bool plain_ipv4(const void *at, const void *end, struct plain *plain)
{
	const struct iphdr *ip = at;
	const void *l4 = at + sizeof(*ip);

	if (l4 + sizeof(struct tcphdr) > end || *(const __u8 *)at != PLAIN_IPV4_NO_OPTIONS ||
	    ip->frag_off & BE16(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		return 0;
	plain->family = PACKET_IPV4;
	plain->addresses = &ip->saddr;
	plain->l4 = l4;
	plain->protocol = ip->protocol;
	/* a total length below the header's wraps around, and fails the comparison */
	plain->payload_bytes = be16_to_host(ip->tot_len) - (__u32)sizeof(*ip);
	return plain->payload_bytes <= (__u32)(end - l4);
}

portsieve_inline _Bool plain_ipv6(const void *at, const void *end, struct plain *plain)
{
	const struct ipv6hdr *ip = at;
	const void *l4 = at + sizeof(*ip);

	if (l4 + sizeof(struct tcphdr) > end ||
	    (*(const __u8 *)at & PLAIN_IPV6_VERSION_MASK) != PLAIN_IPV6_VERSION)
		return 0;
	plain->family = PACKET_IPV6;
	plain->addresses = &ip->saddr;
	plain->l4 = l4;
	plain->protocol = ip->nexthdr;
	plain->payload_bytes = be16_to_host(ip->payload_len);
	return plain->payload_bytes <= (__u32)(end - l4);
}

portsieve_inline _Bool plain_ip(const void *at, const void *end, __be16 ethertype,
				struct plain *plain)
{
	if (ethertype == BE16(ETH_P_IP))
		return plain_ipv4(at, end, plain);
	if (ethertype == BE16(ETH_P_IPV6))
		return plain_ipv6(at, end, plain);
	return 0;
}

/* Skips at most one VLAN tag. False if the frame is not plain. */
portsieve_inline _Bool find_plain(const void *frame, const void *frame_end, struct plain *plain)
{
	const struct vlan_tag *type = frame + 2 * ETH_ALEN - sizeof(__be16);

	if ((const void *)(type + 2) > frame_end)
		return 0;
	if (type->ethertype == BE16(ETH_P_8021Q))
		return plain_ip(type + 2, frame_end, type[1].ethertype, plain);
	return plain_ip(type + 1, frame_end, type->ethertype, plain);
}

portsieve_inline _Bool plain_tcp(const struct plain *plain, struct packet *packet)
{
	const struct tcphdr *tcp = plain->l4;
	__u32 header_bytes = tcp->doff * 4;

	if (header_bytes < sizeof(*tcp) || header_bytes > plain->payload_bytes)
		return 0;
	*packet = (struct packet){ .tcp_flags = ((const __u8 *)tcp)[TCP_FLAGS_OFFSET],
				   .family = plain->family,
				   .addresses = plain->addresses,
				   .ports = *(const __u32 *)plain->l4 };
	return l4_port(packet, PORTSIEVE_TCP, tcp->dest);
}

portsieve_inline _Bool plain_udp(const struct plain *plain, struct packet *packet)
{
	const struct udphdr *udp = plain->l4;
	__u32 length_bytes = be16_to_host(udp->len);

	if (length_bytes < sizeof(*udp) || length_bytes > plain->payload_bytes)
		return 0;
	*packet = (struct packet){ .tcp_flags = PACKET_NO_FLAGS,
				   .family = plain->family,
				   .addresses = plain->addresses,
				   .ports = *(const __u32 *)plain->l4 };
	return l4_port(packet, PORTSIEVE_UDP, udp->dest);
}

/*
 * frame .. frame_end is the whole frame; only the first PLAIN_HEADERS_BYTES_MAX bytes are read.
 * True: *packet has a TCP or UDP port, and all members equal the parser's. False: the packet is not
 * plain, and *packet is unspecified. judge() takes the same steps; the native tests compare this
 * function with the parser.
 */
portsieve_inline _Bool parse_plain(const void *frame, const void *frame_end, struct packet *packet)
{
	struct plain plain;

	if (!find_plain(frame, frame_end, &plain))
		return 0;
	if (plain.protocol == IPPROTO_TCP)
		return plain_tcp(&plain, packet);
	if (plain.protocol == IPPROTO_UDP)
		return plain_udp(&plain, packet);
	return 0;
}

#endif

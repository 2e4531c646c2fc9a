/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The short way for most packets: TCP or UDP, whole and well-formed, straight behind an IPv4 header
 * without options or an IPv6 header without extensions, with at most one VLAN tag. It names no
 * reason: whatever is not so plain is left to the parser. What it says, the parser says too. Pure.
 */
#ifndef PORTSIEVE_PARSE_PLAIN_H
#define PORTSIEVE_PARSE_PLAIN_H

#include "parse/parse.h"

enum plain_limits {
	PLAIN_IPV4_NO_OPTIONS = 0x45, /* version and ihl */
	PLAIN_IPV6_VERSION = 0x60,
	PLAIN_IPV6_VERSION_MASK = 0xf0,
	/*
	 * A longer frame may go on in a second buffer behind this memory: drivers fill the first
	 * one before. (One that splits headers off leaves less of it than the IP header speaks of.)
	 */
	PLAIN_FRAME_BYTES_MAX = 1536,
};

/* What stands behind a plain IP header, wholly in the memory as far as a TCP header reaches. */
struct plain {
	const void *addresses;
	const void *l4;
	__u32 family; /* enum packet_family */
	__u32 protocol;
	__u32 payload_bytes; /* as the IP header says; no more than there are */
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
	/* a total length below the header's wraps around, and is too much then */
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

/* Finds it behind one VLAN tag or none, in a frame of length_bytes. */
portsieve_inline _Bool find_plain(const void *frame, const void *frame_end, __u32 length_bytes,
				  struct plain *plain)
{
	const struct vlan_tag *type = frame + 2 * ETH_ALEN - sizeof(__be16);

	if ((const void *)(type + 2) > frame_end || length_bytes > PLAIN_FRAME_BYTES_MAX)
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
				   .addresses = plain->addresses };
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
				   .addresses = plain->addresses };
	return l4_port(packet, PORTSIEVE_UDP, udp->dest);
}

/*
 * frame .. frame_end as in parse_packet. True: *packet has a port, its transport is TCP or UDP, and
 * all its members are as the parser would leave them. False: nothing is said of the packet. The
 * native tests hold it against the parser; the program takes the same steps, with a judgement in
 * each.
 */
portsieve_inline _Bool parse_plain(const void *frame, const void *frame_end, struct packet *packet)
{
	struct plain plain;

	if (!find_plain(frame, frame_end, frame_end - frame, &plain))
		return 0;
	if (plain.protocol == IPPROTO_TCP)
		return plain_tcp(&plain, packet);
	if (plain.protocol == IPPROTO_UDP)
		return plain_udp(&plain, packet);
	return 0;
}

#endif

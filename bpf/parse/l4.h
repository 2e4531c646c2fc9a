/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The transport layer: destination ports, TCP flags, and ICMP types. Each function expects the
 * cursor at the L4 header, limited to the length in the IP header, and returns true if the packet
 * has a port. Rules L1 to L5 and C1 to C8 of docs/packets.md. Pure (cursor.h).
 */
#ifndef PORTSIEVE_PARSE_L4_H
#define PORTSIEVE_PARSE_L4_H

#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "parse/byteorder.h"
#include "parse/packet.h"

enum l4_sizes {
	UDPLITE_HEADER_BYTES = 8,
	SCTP_HEADER_BYTES = 12, /* RFC 9260 3.1, the common header */
	DCCP_HEADER_BYTES = 12, /* RFC 4340 5.1, the shorter generic header */
	ICMP_HEADER_BYTES = 8,
	ICMPV6_HEADER_BYTES = 4,
	TCP_FLAGS_OFFSET = 13,
};

/* RFC 792. Not from linux/icmp.h, which includes the C library. */
enum icmp_type {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_ECHO_REQUEST = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12,
};

/* The first bytes of every transport with ports. */
struct l4_ports {
	__be16 source;
	__be16 destination;
};

portsieve_inline _Bool l4_too_short(struct packet *packet)
{
	if (packet->fragmented)
		return packet_tiny(packet);
	return packet_malformed(packet, PORTSIEVE_MALFORMED_L4);
}

portsieve_inline _Bool l4_port(struct packet *packet, enum portsieve_transport transport,
			       __be16 destination)
{
	packet->reason = PORTSIEVE_REASONS;
	packet->transport = transport;
	packet->port = be16_to_host(destination);
	return 1;
}

/* The TCP options may continue in a later fragment for IPv4, but not for IPv6 (RFC 7112). */
portsieve_inline _Bool parse_tcp(struct cursor *cursor, struct packet *packet, _Bool ipv6)
{
	const struct tcphdr *tcp = cursor_peek(cursor, sizeof(*tcp));
	__u32 header_bytes;

	if (!tcp)
		return l4_too_short(packet);
	header_bytes = tcp->doff * 4;
	if (header_bytes < sizeof(*tcp))
		return packet_malformed(packet, PORTSIEVE_MALFORMED_L4);
	if (header_bytes > cursor->left_bytes && !(packet->fragmented && !ipv6))
		return l4_too_short(packet);
	packet->tcp_flags = ((const __u8 *)tcp)[TCP_FLAGS_OFFSET];
	packet->ports = *(const __u32 *)tcp;
	return l4_port(packet, PORTSIEVE_TCP, tcp->dest);
}

/* In a first fragment, the UDP length covers the whole datagram, not only this fragment. */
portsieve_inline _Bool parse_udp(struct cursor *cursor, struct packet *packet)
{
	const struct udphdr *udp = cursor_peek(cursor, sizeof(*udp));
	__u32 length_bytes;

	if (!udp)
		return l4_too_short(packet);
	length_bytes = be16_to_host(udp->len);
	if (length_bytes < sizeof(*udp))
		return packet_malformed(packet, PORTSIEVE_MALFORMED_L4);
	if (length_bytes > cursor->left_bytes && !packet->fragmented)
		return packet_malformed(packet, PORTSIEVE_MALFORMED_L4);
	packet->ports = *(const __u32 *)udp;
	return l4_port(packet, PORTSIEVE_UDP, udp->dest);
}

/* A transport of which only the ports are checked. */
portsieve_inline _Bool parse_ports(struct cursor *cursor, struct packet *packet,
				   enum portsieve_transport transport, __u32 header_bytes)
{
	const struct l4_ports *ports = cursor_peek(cursor, header_bytes);

	if (!ports)
		return l4_too_short(packet);
	packet->ports = *(const __u32 *)ports;
	return l4_port(packet, transport, ports->destination);
}

/* ICMPv4: errors that hosts need always pass. */
portsieve_inline enum portsieve_knob icmp_knob(__u8 type)
{
	switch (type) {
	case ICMP_UNREACHABLE:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETER_PROBLEM:
		return PORTSIEVE_KNOB_PASS;
	case ICMP_ECHO_REQUEST:
	case ICMP_ECHO_REPLY:
		return PORTSIEVE_KNOB_ICMP_ECHO;
	default:
		return PORTSIEVE_KNOB_ICMP_OTHER;
	}
}

/* ICMPv6: types that must not be dropped (RFC 4890 4.3 and 4.4) always pass. */
portsieve_inline enum portsieve_knob icmpv6_knob(__u8 type)
{
	switch (type) {
	case 1 ... 4:	  /* errors */
	case 130 ... 136: /* MLD, neighbour discovery */
	case 141 ... 143: /* inverse discovery, MLDv2 */
	case 148 ... 149: /* SEND certification paths */
	case 151 ... 153: /* multicast router discovery */
		return PORTSIEVE_KNOB_PASS;
	case ICMPV6_ECHO_REQUEST:
	case ICMPV6_ECHO_REPLY:
		return PORTSIEVE_KNOB_ICMPV6_ECHO;
	case 144 ... 147:
		return PORTSIEVE_KNOB_ICMPV6_MOBILITY;
	default:
		return PORTSIEVE_KNOB_ICMPV6_OTHER;
	}
}

portsieve_inline _Bool parse_icmp(struct cursor *cursor, struct packet *packet)
{
	const __u8 *type = cursor_peek(cursor, ICMP_HEADER_BYTES);

	if (!type)
		return l4_too_short(packet);
	return packet_end(packet, PORTSIEVE_ICMP, icmp_knob(*type));
}

portsieve_inline _Bool parse_icmpv6(struct cursor *cursor, struct packet *packet)
{
	const __u8 *type = cursor_peek(cursor, ICMPV6_HEADER_BYTES);

	if (!type)
		return l4_too_short(packet);
	return packet_end(packet, PORTSIEVE_ICMPV6, icmpv6_knob(*type));
}

/* Transports over both IPv4 and IPv6; all other protocols are `other-protocol`. */
portsieve_inline _Bool parse_l4(struct cursor *cursor, struct packet *packet, __u8 protocol,
				_Bool ipv6)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return parse_tcp(cursor, packet, ipv6);
	case IPPROTO_UDP:
		return parse_udp(cursor, packet);
	case IPPROTO_UDPLITE:
		packet->tcp_flags = PACKET_UDPLITE;
		return parse_ports(cursor, packet, PORTSIEVE_UDP, UDPLITE_HEADER_BYTES);
	case IPPROTO_SCTP:
		return parse_ports(cursor, packet, PORTSIEVE_SCTP, SCTP_HEADER_BYTES);
	case IPPROTO_DCCP:
		return parse_ports(cursor, packet, PORTSIEVE_DCCP, DCCP_HEADER_BYTES);
	default:
		return packet_end(packet, PORTSIEVE_OTHER_PROTOCOL, PORTSIEVE_KNOB_OTHER_PROTOCOL);
	}
}

#endif

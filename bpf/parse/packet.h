/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parser's result: a transport and a destination port, or the reason why there is none and the
 * knob that decides the packet. Knows no policy.
 */
#ifndef PORTSIEVE_PACKET_H
#define PORTSIEVE_PACKET_H

#include <portsieve/abi.h>

#include "parse/cursor.h"

enum tcp_flag {
	FLAG_FIN = 0x01,
	FLAG_SYN = 0x02,
	FLAG_RST = 0x04,
	FLAG_PSH = 0x08,
	FLAG_ACK = 0x10,
	FLAG_URG = 0x20,
	FLAGS_STANDARD = 0x3f,	    /* ECE and CWR are ignored */
	PACKET_NO_FLAGS = FLAG_ACK, /* neither opens a connection nor is bad */
	/* UDP-Lite, whose transport is UDP; no member of its own, so that programs stay small */
	PACKET_UDPLITE = 0x100 | PACKET_NO_FLAGS,
};

enum packet_family {
	PACKET_IPV4,
	PACKET_IPV6,
};

/* Members are as wide as a register: narrower ones cost a mask at each use. */
struct packet {
	__u32 ext_seen;	  /* bit N: has the extension header or option of enum portsieve_knob N */
	__u32 reason;	  /* enum portsieve_reason; PORTSIEVE_REASONS if it has a port */
	__u32 knob;	  /* enum portsieve_knob; only without a port */
	__u32 transport;  /* enum portsieve_transport; only with a port */
	__u32 tcp_flags;  /* byte 13 of the TCP header; for others PACKET_NO_FLAGS or PACKET_UDPLITE
			   */
	__u32 port;	  /* destination, host order; only with a port */
	__u32 fragmented; /* a first fragment: the datagram continues in others */
	__u32 family;	  /* enum packet_family; only with addresses */
	__u32 ports;	  /* source and destination as in the header; only with a port */
	/* source, then destination, in the IP header; NULL before it */
	const void *addresses;
};

/* The transport of the packet's flow. */
portsieve_inline __u32 packet_flow_transport(const struct packet *packet)
{
	return packet->tcp_flags == PACKET_UDPLITE ? PORTSIEVE_FLOW_UDPLITE : packet->transport;
}

/* Ends the parsing: the packet has no port. Always returns false, so a caller can return it. */
portsieve_inline _Bool packet_end(struct packet *packet, enum portsieve_reason reason,
				  enum portsieve_knob knob)
{
	packet->reason = reason;
	packet->knob = knob;
	return 0;
}

portsieve_inline _Bool packet_malformed(struct packet *packet, enum portsieve_reason reason)
{
	return packet_end(packet, reason, PORTSIEVE_KNOB_DROP);
}

/* A first fragment that does not hold its whole L4 header (RFC 3128, RFC 7112). */
portsieve_inline _Bool packet_tiny(struct packet *packet)
{
	return packet_end(packet, PORTSIEVE_TINY_FRAGMENT, PORTSIEVE_KNOB_TINY_FRAGMENT);
}

#endif

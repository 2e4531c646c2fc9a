/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a frame that explain its verdict: addresses and ports, the type of an ICMP message,
 * and the IPv6 extension headers. The program judges the frame; this code only names the fields.
 * Pure.
 */
#ifndef PORTSIEVE_PACKET_HEADERS_H
#define PORTSIEVE_PACKET_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

struct frame_names {
	bool has_addresses;
	struct policy_prefix source; /* of full length */
	struct policy_prefix destination;
	int icmp_type;	 /* ICMP over IPv4, ICMPv6 over IPv6; -1: neither */
	int protocol;	 /* of the transport, by IANA's number; -1: unknown, or a later fragment */
	int source_port; /* of TCP, UDP, UDP-Lite, SCTP, DCCP; -1: it is not in the frame */
	int destination_port;
	int tcp_flags;	    /* the lower 8 bits; -1: not TCP, or not in the frame */
	uint64_t ext_knobs; /* of its IPv6 extension headers, as bits */
};

/* Reads the outer IP header, after VLAN tags and PPPoE. Leaves out what the frame does not hold. */
struct frame_names frame_names_of(const uint8_t *frame, size_t length_bytes);

#endif

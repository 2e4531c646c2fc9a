/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The description of a packet, and the Ethernet frame made from it. The words for a packet are
 * text.h. Pure.
 */
#ifndef PORTSIEVE_PACKET_FRAME_H
#define PORTSIEVE_PACKET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum packet_frame_limits {
	PACKET_FRAME_MAX = 2048, /* bytes */
	PACKET_VLANS_MAX = 4,
};

struct packet_endpoint {
	bool ipv6;
	uint8_t address[16];
	uint16_t port;
	bool has_port;
};

struct packet_description {
	bool is_arp; /* a request for the destination's address; otherwise only vlans is used */
	uint8_t protocol;
	bool has_ports; /* does the protocol have ports? */
	struct packet_endpoint source, destination;
	uint8_t tcp_flags;
	bool has_flags; /* the text gave them; otherwise tcp_flags is SYN */
	uint8_t type;	/* ICMP, ICMPv6, IGMP */
	uint16_t vlans[PACKET_VLANS_MAX];
	size_t vlans_count;
};

/* Writes the frame, padded to 60 bytes, with zero checksums. Returns its length in bytes. */
size_t packet_frame_put(const struct packet_description *packet, uint8_t frame[PACKET_FRAME_MAX]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the headers of a described packet. */
#include "packet/frame.h"

#include <netinet/in.h>
#include <string.h>

enum { ETHERNET_PADDED_BYTES = 60 }; /* without the frame check sequence */

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* Writes the L4 header into zeroed bytes. Returns its length. */
static size_t put_l4(const struct packet_description *packet, uint8_t *at)
{
	if (packet->has_ports) {
		put16(at, packet->source.port);
		put16(at + 2, packet->destination.port);
	}
	switch (packet->protocol) {
	case IPPROTO_TCP:
		at[12] = 5 << 4;
		at[13] = packet->tcp_flags;
		return 20;
	case IPPROTO_UDP:
		put16(at + 4, 8);
		return 8;
	case IPPROTO_SCTP: /* the common header; no chunk */
		return 12;
	case IPPROTO_DCCP: /* a request: data offset, extended sequence numbers (RFC 4340 5.1) */
		at[4] = 20 / 4;
		at[8] = 1;
		return 20;
	default:
		if (!packet->has_ports)
			at[0] = packet->type;
		return 8;
	}
}

/* Writes an ARP request (RFC 826) into zeroed bytes. Returns its length. */
static size_t put_arp(const struct packet_description *packet, const uint8_t *mac, uint8_t *at)
{
	static const uint8_t ethernet_ipv4[] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	memcpy(at, ethernet_ipv4, sizeof(ethernet_ipv4));
	memcpy(at + 8, mac, 6);
	memcpy(at + 14, packet->source.address, 4);
	memcpy(at + 24, packet->destination.address, 4);
	return 28;
}

static size_t padded(const uint8_t *frame, const uint8_t *end)
{
	return end - frame < ETHERNET_PADDED_BYTES ? ETHERNET_PADDED_BYTES : (size_t)(end - frame);
}

size_t packet_frame_put(const struct packet_description *packet, uint8_t frame[PACKET_FRAME_MAX])
{
	bool ipv6 = packet->source.ipv6;
	size_t header_bytes = ipv6 ? 40 : 20, l4_bytes;
	uint8_t *at = frame + 12;

	memset(frame, 0, PACKET_FRAME_MAX);
	frame[0] = frame[6] = 2; /* locally administered */
	frame[11] = 1;
	for (size_t i = 0; i < packet->vlans_count; i++) {
		put16(at, 0x8100);
		put16(at + 2, packet->vlans[i]);
		at += 4;
	}
	put16(at, packet->is_arp ? 0x0806 : ipv6 ? 0x86dd : 0x0800);
	at += 2;
	if (packet->is_arp)
		return padded(frame, at + put_arp(packet, frame + 6, at));
	l4_bytes = put_l4(packet, at + header_bytes);
	if (ipv6) {
		at[0] = 6 << 4;
		put16(at + 4, l4_bytes);
		at[6] = packet->protocol;
		at[7] = 64;
		memcpy(at + 8, packet->source.address, 16);
		memcpy(at + 24, packet->destination.address, 16);
	} else {
		at[0] = 0x45;
		put16(at + 2, header_bytes + l4_bytes);
		at[8] = 64;
		at[9] = packet->protocol;
		memcpy(at + 12, packet->source.address, 4);
		memcpy(at + 16, packet->destination.address, 4);
	}
	return padded(frame, at + header_bytes + l4_bytes);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parser reads nothing but the memory that holds the frame, its loops end, and its numbers are
 * within the limits of abi.h: for every content and size of that memory and every stated length of
 * the frame. CBMC checks each read and each loop; this file adds what it cannot know. The parts are
 * proven one by one, each with its cursor at the beginning of the memory: a cursor never goes back,
 * so what is before it does not matter.
 */
#include "parse/plain.h"

#include "frame.h"

/* No part reads past this many bytes, however large the memory is: CBMC sees no more of it. */
enum read_bytes {
#if defined(LINK)
	READ_BYTES_MAX = 54, /* Ethernet, eight tags, PPPoE with two bytes of protocol */
#elif defined(PLAIN)
	READ_BYTES_MAX = PLAIN_HEADERS_BYTES_MAX,
#elif defined(IPV4)
	READ_BYTES_MAX = 80, /* an IP header with options, TCP without */
#else
	READ_BYTES_MAX = FRAME_BYTES_MAX,
#endif
};

static void prove_in_range(const struct packet *packet)
{
	prove(packet->reason <= PORTSIEVE_REASONS, "reason is in range");
	prove(packet->ext_seen >> PORTSIEVE_KNOBS == 0, "ext_seen has only bits of knobs");
	prove(packet->knob < PORTSIEVE_KNOBS, "knob is in range");
	prove(packet->transport < PORTSIEVE_TRANSPORTS, "transport is in range");
	prove(packet->port < PORTSIEVE_PORTS, "port is in range");
	prove(packet->tcp_flags <= 0xff || packet->tcp_flags == PACKET_UDPLITE,
	      "flags are in range");
	prove(packet->family <= PACKET_IPV6, "family is in range");
}

/* The judge reads both addresses and knows no end of the memory. */
static void prove_addresses(const struct packet *packet, const __u8 *memory, __u32 memory_bytes)
{
	__u32 address_bytes = packet->family == PACKET_IPV6 ? 16 : 4;

	prove((const __u8 *)packet->addresses >= memory, "the addresses begin in the memory");
	prove((const __u8 *)packet->addresses + 2 * address_bytes <= memory + memory_bytes,
	      "the addresses end in the memory");
}

/* The options have a proof of their own (options.c): here this replaces their parser. */
/* replaces parse_ipv4_options */
void any_options(struct cursor cursor, struct packet *packet)
{
	packet->ext_seen = 1u << PORTSIEVE_KNOB_SOURCE_ROUTE;
}

int main(void)
{
	struct packet packet = { .tcp_flags = PACKET_NO_FLAGS };
	__u32 memory_bytes = nondet_u32(), length_bytes = nondet_u32();
	const __u8 *memory;
	struct cursor cursor;
	__be16 ethertype;

	assume(memory_bytes <= FRAME_BYTES_MAX);
	memory = any_memory(memory_bytes < READ_BYTES_MAX ? memory_bytes : READ_BYTES_MAX);
	cursor = cursor_at(memory, memory_bytes, length_bytes);
#if defined(LINK)
	if (parse_l2(&cursor, &packet, &ethertype)) {
		prove(is_ip(ethertype), "an IP header follows");
		prove(cursor_offset(&cursor, memory) <= memory_bytes, "it begins in the memory");
		prove(cursor_offset(&cursor, memory) <= READ_BYTES_MAX, "after at most 54 bytes");
		prove(cursor_offset(&cursor, memory) + cursor.left_bytes <= length_bytes,
		      "it ends in the packet");
	}
#elif defined(PLAIN)
	if (parse_plain(memory, memory + memory_bytes, &packet)) {
		prove(packet.reason == PORTSIEVE_REASONS, "a plain packet has a port");
		prove_addresses(&packet, memory, memory_bytes);
		prove_in_range(&packet);
	}
	return 0;
#elif defined(IPV4)
	parse_ipv4(&cursor, &packet);
	if (packet.addresses)
		prove_addresses(&packet, memory, memory_bytes);
#elif defined(IPV6)
	parse_ipv6(&cursor, &packet);
	if (packet.addresses)
		prove_addresses(&packet, memory, memory_bytes);
#endif
	prove_in_range(&packet);
	return 0;
}

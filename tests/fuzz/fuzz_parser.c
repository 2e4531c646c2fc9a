/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a frame for the parser of the XDP program, compiled natively. The frame ends where
 * its memory ends, so that a read past it is detected. The result must be consistent, and the same
 * for a frame in several buffers as for the frame in one buffer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_parser.h"
#include "policy/knobs.h"
#include "parse/parse.h"
#include "parse/plain.h"
#include "parser_oracle.h"
#include "print/reason.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* The parser alone never returns these: they depend on the policy or on connection state. */
static const uint32_t said_by_others = 1u << PORTSIEVE_EXT_HEADER | 1u << PORTSIEVE_ROUTING_HEADER |
				       1u << PORTSIEVE_BAD_FLAGS | 1u << PORTSIEVE_DHCP_CLIENT |
				       1u << PORTSIEVE_RETURN_SOCKET | 1u << PORTSIEVE_RETURN_FLOW |
				       1u << PORTSIEVE_RETURN_ESTABLISHED |
				       1u << PORTSIEVE_RETURN_GRACE | 1u << PORTSIEVE_SOURCE_ROUTE;

uint64_t fuzz_parser_seen[PORTSIEVE_REASONS + 1];

bool fuzz_parser_can_say(unsigned int reason)
{
	return reason == PORTSIEVE_REASONS || !(said_by_others >> reason & 1);
}

/* The knob that decides is the one that `explain` names. */
static void check_knob(const struct packet *packet)
{
	static const struct reason_detail unknown = { .icmp_type = -1 };
	const char *knob = reason_knob(packet->reason, &unknown);
	const char *name = knobs[packet->knob].name;

	require(fuzz_parser_can_say(packet->reason));
	require(!is_extension_knob(packet->knob) && packet->knob != PORTSIEVE_KNOB_BAD_FLAGS);
	if (knob)
		require(name && !strcmp(knob, name));
	else if (name)
		require(packet->reason == PORTSIEVE_ICMP || packet->reason == PORTSIEVE_ICMPV6);
}

static void check_packet(const struct packet *packet, size_t size)
{
	require(packet->reason <= PORTSIEVE_REASONS);
	require(packet->knob < PORTSIEVE_KNOBS);
	require(packet->transport < PORTSIEVE_TRANSPORTS);
	for (int knob = PORTSIEVE_KNOB_DROP; knob < PORTSIEVE_KNOBS; knob++)
		require(!(packet->ext_seen >> knob & 1) || is_extension_knob(knob));
	if (packet->reason == PORTSIEVE_REASONS) {
		/* an Ethernet header, an IPv4 header, and the shortest L4 header */
		require(size >= 14 + 20 + 8);
		require(packet->port < PORTSIEVE_PORTS);
		require(packet->transport == PORTSIEVE_TCP
				? packet->tcp_flags <= 0xff
				: packet->tcp_flags == PACKET_NO_FLAGS ||
					  (packet->transport == PORTSIEVE_UDP &&
					   packet->tcp_flags == PACKET_UDPLITE));
	} else {
		check_knob(packet);
		require(packet->tcp_flags == PACKET_NO_FLAGS ||
			packet->tcp_flags == PACKET_UDPLITE);
	}
}

/* A frame, or its beginning if it continues after its memory. */
struct part {
	const uint8_t *frame;
	size_t memory_bytes;
	size_t behind_bytes;
};

/* The caller frees it. May be NULL if there are no bytes. */
static uint8_t *memory_of(const struct part *part)
{
	uint8_t *memory = malloc(part->memory_bytes);

	require(memory || !part->memory_bytes);
	if (part->memory_bytes)
		memcpy(memory, part->frame, part->memory_bytes);
	return memory;
}

/* False if the headers exceed the memory. */
static bool parse(const struct part *part, bool copy, struct packet *ret_packet)
{
	uint8_t *memory = memory_of(part);
	size_t length_bytes = part->memory_bytes + part->behind_bytes;
	bool whole;

	memset(ret_packet, 0xa5, sizeof(*ret_packet));
	if (copy)
		whole = parse_copy(memory, part->memory_bytes, length_bytes, length_bytes,
				   ret_packet);
	else
		whole = parse_packet(memory, memory + part->memory_bytes, length_bytes, ret_packet);
	free(memory);
	if (whole)
		check_packet(ret_packet, part->memory_bytes);
	return whole;
}

static void require_same(const struct packet *one, const struct packet *other)
{
	require(one->reason == other->reason && one->knob == other->knob);
	if (one->knob != PORTSIEVE_KNOB_DROP)
		require(one->ext_seen == other->ext_seen);
	if (one->reason == PORTSIEVE_REASONS)
		require(one->transport == other->transport && one->port == other->port &&
			one->tcp_flags == other->tcp_flags && one->fragmented == other->fragmented);
}

/* The fast path must agree with the parser on the whole frame. */
static void check_plain(const struct part *part, const struct packet *whole)
{
	uint8_t *memory = memory_of(part);
	struct packet packet;

	memset(&packet, 0xa5, sizeof(packet));
	if (parse_plain(memory, memory + part->memory_bytes, &packet)) {
		check_packet(&packet, part->memory_bytes);
		require(packet.reason == PORTSIEVE_REASONS);
		require_same(&packet, whole);
	}
	free(memory);
}

/* If the memory ends early, the headers may exceed it; otherwise the packet must be the same. */
static void check_part(const struct part *part, const struct packet *whole)
{
	struct packet packet;

	if (parse(part, false, &packet))
		require_same(&packet, whole);
	if (parse(part, true, &packet))
		require_same(&packet, whole);
	else
		require(part->behind_bytes);
	check_plain(part, whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *frame, size_t size)
{
	struct part all = { frame, size, 0 };
	struct packet whole;

	require(parse(&all, false, &whole));
	fuzz_parser_seen[whole.reason]++;
	require(parser_oracle_agrees(frame, size, &whole));
	check_part(&all, &whole);
	/* some places to split it, others for each input */
	for (size_t at = size ? frame[size - 1] % size : 0; at < size; at += size / 3 + 1)
		check_part(&(struct part){ frame, at, size - at }, &whole);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a frame, to the parser of the XDP program compiled natively. The frame ends where
 * its memory ends, so that a read past it is seen; what the parser says must hang together; and
 * where a frame lies in several buffers, its port must be that of the same frame in one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_parser.h"
#include "parse.h"
#include "parse_plain.h"
#include "parser_oracle.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

#define KNOB(name)    (1ull << PORTSIEVE_KNOB_##name)
#define ALWAYS_DROP   KNOB(DROP)
#define ALWAYS_PASSES KNOB(PASS)

/* The knobs that may decide each reason; 0: the parser alone never gives it. */
static const uint64_t knobs_of_reason[PORTSIEVE_REASONS] = {
	[PORTSIEVE_NON_IP] = ALWAYS_PASSES,
	[PORTSIEVE_MPLS] = KNOB(MPLS),
	[PORTSIEVE_VLAN_DEPTH] = KNOB(VLAN_DEPTH),
	[PORTSIEVE_MALFORMED_ETHERNET] = ALWAYS_DROP,
	[PORTSIEVE_MALFORMED_IPV4] = ALWAYS_DROP,
	[PORTSIEVE_MALFORMED_IPV6] = ALWAYS_DROP,
	[PORTSIEVE_MALFORMED_L4] = ALWAYS_DROP,
	[PORTSIEVE_LATER_FRAGMENT] = KNOB(LATER_FRAGMENT),
	[PORTSIEVE_TINY_FRAGMENT] = KNOB(TINY_FRAGMENT),
	[PORTSIEVE_EXT_DEPTH] = KNOB(EXT_DEPTH),
	[PORTSIEVE_JUMBOGRAM] = KNOB(JUMBOGRAM),
	[PORTSIEVE_NO_PORT] = KNOB(NO_PORT),
	[PORTSIEVE_ICMP] = ALWAYS_PASSES | KNOB(ICMP_ECHO) | KNOB(ICMP_OTHER),
	[PORTSIEVE_ICMPV6] =
		ALWAYS_PASSES | KNOB(ICMPV6_ECHO) | KNOB(ICMPV6_MOBILITY) | KNOB(ICMPV6_OTHER),
	[PORTSIEVE_IGMP] = ALWAYS_PASSES,
	[PORTSIEVE_OTHER_PROTOCOL] = KNOB(OTHER_PROTOCOL),
};

static const uint64_t ext_knobs =
	KNOB(PASS) | KNOB(HOP_BY_HOP) | KNOB(ROUTING) | KNOB(ROUTING_TYPE_0) |
	KNOB(ROUTING_TYPE_1) | KNOB(ROUTING_TYPE_3) | KNOB(FRAGMENT) | KNOB(AUTHENTICATION) |
	KNOB(DESTINATION_OPTIONS) | KNOB(MOBILITY) | KNOB(HIP) | KNOB(SHIM6);

uint64_t fuzz_parser_seen[PORTSIEVE_REASONS + 1];

bool fuzz_parser_can_say(unsigned int reason)
{
	return reason == PORTSIEVE_REASONS || knobs_of_reason[reason];
}

static void check_packet(const struct packet *packet, size_t size)
{
	require(packet->reason <= PORTSIEVE_REASONS);
	require(packet->knob < PORTSIEVE_KNOBS);
	require(packet->transport < PORTSIEVE_TRANSPORTS);
	require(!(packet->ext_seen & ~ext_knobs));
	if (packet->reason == PORTSIEVE_REASONS) {
		/* an Ethernet header, an IPv4 header, and the shortest L4 header */
		require(size >= 14 + 20 + 8);
		require(packet->port < PORTSIEVE_PORTS && packet->tcp_flags <= 0xff);
		require(packet->transport == PORTSIEVE_TCP || packet->tcp_flags == PACKET_NO_FLAGS);
	} else {
		require(knobs_of_reason[packet->reason] >> packet->knob & 1);
		require(packet->tcp_flags == PACKET_NO_FLAGS);
	}
}

/* A frame, or its beginning where it goes on behind its memory. */
struct part {
	const uint8_t *frame;
	size_t memory_bytes;
	size_t behind_bytes;
};

/* The caller frees it; NULL or not when there are no bytes. */
static uint8_t *memory_of(const struct part *part)
{
	uint8_t *memory = malloc(part->memory_bytes);

	require(memory || !part->memory_bytes);
	if (part->memory_bytes)
		memcpy(memory, part->frame, part->memory_bytes);
	return memory;
}

static struct packet parse(const struct part *part)
{
	uint8_t *memory = memory_of(part);
	struct packet packet;

	memset(&packet, 0xa5, sizeof(packet));
	parse_packet(memory, memory + part->memory_bytes, part->memory_bytes + part->behind_bytes,
		     &packet);
	free(memory);
	check_packet(&packet, part->memory_bytes);
	return packet;
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

/* What the short way says, the parser must say of the whole frame too. */
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

/* Where the memory ends early, a header may be out of reach; but never is it another port. */
static void check_part(const struct part *part, const struct packet *whole)
{
	struct packet packet = parse(part);

	if (packet.reason == PORTSIEVE_REASONS)
		require_same(&packet, whole);
	check_plain(part, whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *frame, size_t size)
{
	struct part all = { frame, size, 0 };
	struct packet whole = parse(&all);

	fuzz_parser_seen[whole.reason]++;
	require(parser_oracle_agrees(frame, size, &whole));
	check_plain(&all, &whole);
	/* some places to split it, others for each input */
	for (size_t at = size ? frame[size - 1] % size : 0; at < size; at += size / 3 + 1)
		check_part(&(struct part){ frame, at, size - at }, &whole);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parser decides as the rules of docs/packets.md say (rules.h), part by part: LINK from the
 * frame's first byte, IPV4 and IPV6 from that of the IP header. The packet may be longer than the
 * memory that holds its beginning: either the parser says that the headers exceed the memory, or
 * its answer is that of the rules.
 *
 * What has a proof of its own may give any answer here, the same to both: the options of IPv4
 * (source_route.c) and the extension headers of IPv6 (header.c, chain.c).
 */
#include "parse/parse.h"

/* No part reads past this many bytes (safety.c). */
enum bytes_known {
#if defined(LINK)
	BYTES_KNOWN = 54,
#else
	BYTES_KNOWN = 80,
#endif
};

#include "rules.h"

/* extension headers and options that have a knob; the parser sets the bit of the knob that is never
 * set for others */
static __u32 knobs_seen(const struct packet *packet)
{
	return packet->ext_seen & ~bit(PORTSIEVE_KNOB_PASS);
}

/* Source and destination port as in the header. */
static __u32 both_ports(void)
{
	return u8(l4) | u8(l4 + 1) << 8 | u8(l4 + 2) << 16 | u8(l4 + 3) << 24;
}

static void prove_addresses(const struct packet *packet)
{
#if defined(IPV4)
	const enum packet_family family = PACKET_IPV4;
	const __u32 offset = 12;
#else
	const enum packet_family family = PACKET_IPV6;
	const __u32 offset = 8;
#endif

	prove(packet->family == family, "the family is that of the header");
	prove(packet->addresses == bytes + offset, "the addresses are those of the header");
}

static void prove_as(const struct packet *packet, const struct outcome *outcome)
{
	prove(packet->reason == outcome->reason, "the reason is that of the rule");
	if (outcome->knob != PORTSIEVE_KNOB_DROP)
		prove(knobs_seen(packet) == seen,
		      "the options and extension headers are those present");
	if (outcome->reason != PORTSIEVE_REASONS) {
		prove(packet->knob == outcome->knob, "the knob is that of the rule");
		prove((packet->tcp_flags & 0x3f) == PACKET_NO_FLAGS && packet->ports == 0,
		      "without a port it has no flags and no ports");
		if (PORTSIEVE_RULED_KNOBS >> packet->knob & 1)
			prove_addresses(packet);
		return;
	}
	prove(packet->transport == outcome->transport, "the transport is that of the rule");
	prove(packet->port == outcome->port, "the port is that of the rule");
	prove_addresses(packet);
	prove(packet->tcp_flags == (protocol == TCP	  ? outcome->tcp_flags
				    : protocol == UDPLITE ? PACKET_UDPLITE
							  : PACKET_NO_FLAGS),
	      "the flags are those of the header");
	prove(packet->ports == both_ports(), "both ports are those of the header");
}

static _Bool has_source_route;

/* replaces parse_ipv4_options */
void any_options(struct cursor cursor, struct packet *packet)
{
	prove(cursor_offset(&cursor, bytes) == 20 && cursor.left_bytes == ihl() * 4 - 20,
	      "the options are those of the header");
	if (has_source_route)
		packet->ext_seen |= bit(PORTSIEVE_KNOB_SOURCE_ROUTE);
}

/* What the chain of extension headers ends with. Its bytes are left out of the memory. */
static struct {
	struct outcome outcome;
	__u32 kind; /* of what follows */
	__u32 bytes;
	__u32 seen;
	_Bool first_fragment;
} chain;

static _Bool is_after_chain;

/* replaces parse_ext_chain */
_Bool any_chain(struct cursor *cursor, struct packet *packet, __u8 *next)
{
	prove(cursor_offset(cursor, bytes) == 40 && cursor->left_bytes == payload_length() &&
		      *next == u8(6),
	      "the chain begins after the IP header");
	packet->ext_seen |= chain.seen;
	if (!chain.outcome.goes_on)
		return packet_end(packet, chain.outcome.reason, chain.outcome.knob);
	cursor->left_bytes -= chain.bytes;
	packet->fragmented = chain.first_fragment;
	*next = chain.kind;
	is_after_chain = 1;
	return 1;
}

/* replaces chain_rules */
struct outcome any_chain_rules(void)
{
	kind = chain.kind;
	left -= chain.bytes;
	seen |= chain.seen;
	first_fragment = chain.first_fragment;
	return chain.outcome;
}

static void choose_chain(void)
{
	chain.outcome.goes_on = nondet_u32();
	chain.outcome.reason = nondet_u32();
	chain.outcome.knob = nondet_u32();
	chain.kind = nondet_u8();
	chain.bytes = nondet_u32();
	chain.seen = nondet_u32() & ~bit(PORTSIEVE_KNOB_PASS);
	chain.first_fragment = nondet_u32();
	assume(chain.outcome.goes_on || chain.outcome.reason < PORTSIEVE_REASONS);
	assume(chain.outcome.knob < PORTSIEVE_KNOBS);
	assume(chain.bytes <= payload_length());
}

int main(void)
{
	struct packet packet = { .tcp_flags = PACKET_NO_FLAGS };
	__u8 memory[BYTES_KNOWN];
	__u32 memory_bytes = nondet_u32();
	struct outcome outcome;
	struct cursor cursor;
	__be16 network_layer;
	_Bool goes_on;

	assume(memory_bytes <= FRAME_BYTES_MAX);
	bytes = memory;
	present = nondet_u32();
	cursor = cursor_at(memory, memory_bytes, present);
	has_source_route = nondet_u32();
	choose_chain();
#if defined(LINK)
	goes_on = parse_l2(&cursor, &packet, &network_layer);
	outcome = link_rules();
#elif defined(IPV4)
	parse_ipv4(&cursor, &packet);
	outcome = ipv4_rules();
	seen = has_source_route && ihl() > 5 ? bit(PORTSIEVE_KNOB_SOURCE_ROUTE) : 0;
#else
	parse_ipv6(&cursor, &packet);
	outcome = ipv6_rules();
#endif
	if (is_after_chain)
		memory_bytes += chain.bytes;
	prove(!cursor.cut || memory_bytes < present, "a packet that is in the memory is not cut");
	if (cursor.cut)
		return 0;
#ifdef CONTROL
	prove(!(CONTROL), "false: there is no such packet");
	return 0;
#endif
#ifdef LINK
	prove(goes_on == outcome.goes_on, "it goes on with an IP header if no rule decides");
	if (goes_on) {
		prove(network_layer == (is_ipv4() ? BE16(0x0800) : BE16(0x86dd)), "of this family");
		prove(cursor_offset(&cursor, memory) == ip_offset(), "which begins there");
		prove(cursor.left_bytes == ip_present(), "and has these bytes");
		return 0;
	}
#endif
	prove_as(&packet, &outcome);
	return 0;
}

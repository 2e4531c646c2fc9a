/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole parse is that of its parts: the link layer from the frame's first byte on, then, if it
 * ends with an IP header, that of the family, with the cursor where the link layer has left it. The
 * parts give any answer here.
 */
#include "parse/parse.h"

#include "frame.h"

static struct packet before; /* as the link layer has left it */
static __u32 place;	     /* where */
static __be16 ethertype;
static __u32 calls_of_ipv4, calls_of_ipv6;
static _Bool is_cut, goes_on;

/* replaces parse_l2 */
_Bool any_l2(struct cursor *cursor, struct packet *packet, __be16 *ret_ethertype)
{
	struct packet any;

	prove(packet->ext_seen == 0 && packet->fragmented == 0 && packet->ports == 0 &&
		      packet->tcp_flags == PACKET_NO_FLAGS,
	      "the packet is empty at first");
	prove(cursor->left_bytes == place && !cursor->cut,
	      "the cursor is at the frame's beginning");
	*packet = before = any;
	cursor->left_bytes = place = nondet_u32();
	cursor->cut = is_cut;
	*ret_ethertype = ethertype;
	return goes_on;
}

static void prove_handed_over(const struct cursor *cursor, const struct packet *packet)
{
	prove(goes_on, "IP follows only if the link layer says so");
	prove(cursor->left_bytes == place, "it begins where the link layer ends");
	prove(packet->reason == before.reason && packet->ext_seen == before.ext_seen,
	      "the packet is as it was");
}

/* replaces parse_ipv4 */
_Bool any_ipv4(struct cursor *cursor, struct packet *packet)
{
	calls_of_ipv4++;
	prove_handed_over(cursor, packet);
	return nondet_u32();
}

/* replaces parse_ipv6 */
_Bool any_ipv6(struct cursor *cursor, struct packet *packet)
{
	calls_of_ipv6++;
	prove_handed_over(cursor, packet);
	return nondet_u32();
}

int main(void)
{
	__u8 memory[1];
	struct packet packet;
	__u32 length_bytes = nondet_u32();
	_Bool is_known;

	place = length_bytes;
	is_cut = nondet_u32();
	goes_on = nondet_u32();
	ethertype = nondet_u32() ? BE16(0x0800) : BE16(0x86dd); /* as proven of parse_l2 */
#ifdef COPY
	is_known = parse_copy(memory, 1, length_bytes, nondet_u64(), &packet);
#else
	is_known = parse_packet(memory, memory + 1, length_bytes, &packet);
#endif
#ifdef CONTROL
	prove(!(CONTROL), "false: there is no such packet");
	return 0;
#endif
	prove(is_known == !is_cut, "a packet that is cut is reported");
	prove(calls_of_ipv4 == (goes_on && ethertype == BE16(0x0800)), "IPv4 is parsed as IPv4");
	prove(calls_of_ipv6 == (goes_on && ethertype == BE16(0x86dd)), "IPv6 is parsed as IPv6");
	return 0;
}

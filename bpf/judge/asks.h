/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which dropped packets may be replies, by the policy and the packet alone. Rules R1 to R4 of
 * docs/packets.md. judge/reply.h looks them up.
 */
#ifndef PORTSIEVE_ASKS_H
#define PORTSIEVE_ASKS_H

#include "judge/classify.h"

/* Rule R3: the kernel looks up sockets of TCP and UDP only. */
portsieve_inline _Bool has_sockets(const struct packet *packet)
{
	return packet_flow_transport(packet) <= PORTSIEVE_UDP;
}

/* Can the packet be a reply, so that pass_reply() is worth a call? */
portsieve_inline _Bool may_be_reply(const struct portsieve_image *image,
				    const struct packet *packet, const struct decision *decision)
{
	if (!decision->drop || !(image->flags & PORTSIEVE_IMAGE_RETURNS) ||
	    decision->range >= PORTSIEVE_RANGES || !packet->ports)
		return 0;
	if (!has_sockets(packet) && !(image->flags & PORTSIEVE_IMAGE_RETURN_FLOW))
		return 0;
	return !opens_connection(packet->tcp_flags) ||
	       image->flags & PORTSIEVE_IMAGE_SIMULTANEOUS_OPEN;
}

/* Rule R1: may packets that this range drops pass as replies? */
portsieve_inline _Bool range_asks(const struct portsieve_image *image, __u32 range)
{
	return !ids_have(&image->final, range);
}

/*
 * Rule R9: may the packet use the cache of replies? A segment with SYN may not: the last connection
 * of these addresses and ports may have ended, and a listener may wait for the next one.
 */
portsieve_inline _Bool may_be_cached(const struct packet *packet)
{
	return !(packet->tcp_flags & FLAG_SYN);
}

/* Rule R4, for `return: established`. */
portsieve_inline _Bool is_established(const struct packet *packet)
{
	return packet->transport == PORTSIEVE_TCP && packet->tcp_flags & (FLAG_ACK | FLAG_RST);
}

portsieve_inline void pass_by(enum portsieve_reason reason, struct decision *decision)
{
	*decision = (struct decision){ .counter = reason, .range = PORTSIEVE_RANGES };
}

/*
 * For a packet that may_be_reply(): passes it if its flags decide that. True if only a look-up can
 * tell whether it is a reply.
 */
portsieve_inline _Bool asks_lookup(const struct portsieve_image *image, const struct packet *packet,
				   struct decision *decision)
{
	if (!range_asks(image, decision->range))
		return 0;
	if (!(image->flags & PORTSIEVE_IMAGE_RETURN_ESTABLISHED))
		return 1;
	if (is_established(packet))
		pass_by(PORTSIEVE_RETURN_ESTABLISHED, decision);
	return 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A decision packed into 64 bits, for the port counters and events. Calls no helper. */
#ifndef PORTSIEVE_WATCHED_H
#define PORTSIEVE_WATCHED_H

#include "judge/classify.h"

enum watched_bits {
	WATCHED_ACTION = 7, /* the XDP verdict, in the lowest bits */
	WATCHED_VERDICT_SHIFT = 3,
	WATCHED_TRANSPORT_SHIFT = 5,
	WATCHED_HAS_PORT_SHIFT = 7,
	WATCHED_PORT_SHIFT = 8,
	WATCHED_COUNTER_SHIFT = 24,
	WATCHED_RANGE_SHIFT = 40, /* the sign bit stays 0: negative numbers are enum fast_path */
};

_Static_assert(PORTSIEVE_VERDICTS <= 4 && PORTSIEVE_TRANSPORTS <= 4 && PORTSIEVE_COUNTERS <= 65536,
	       "enum watched_bits has too few bits");

/* 0 if the packet has no port. */
portsieve_inline __u64 watched_pack_packet(const struct packet *packet)
{
	if (packet->reason != PORTSIEVE_REASONS)
		return 0;
	return packet->port << WATCHED_PORT_SHIFT | 1 << WATCHED_HAS_PORT_SHIFT |
	       packet->transport << WATCHED_TRANSPORT_SHIFT;
}

portsieve_inline __u64 watched_pack_decision(const struct decision *decision, __u32 verdict)
{
	return (__u64)decision->range << WATCHED_RANGE_SHIFT |
	       (__u64)decision->counter << WATCHED_COUNTER_SHIFT | verdict << WATCHED_VERDICT_SHIFT;
}

portsieve_inline __u32 watched_verdict(__u64 judged)
{
	return judged >> WATCHED_VERDICT_SHIFT & 3;
}

portsieve_inline __u32 watched_transport(__u64 judged)
{
	return judged >> WATCHED_TRANSPORT_SHIFT & 3;
}

portsieve_inline _Bool watched_has_port(__u64 judged)
{
	return judged >> WATCHED_HAS_PORT_SHIFT & 1;
}

portsieve_inline __u32 watched_port(__u64 judged)
{
	return judged >> WATCHED_PORT_SHIFT & 0xffff;
}

portsieve_inline __u32 watched_counter(__u64 judged)
{
	return judged >> WATCHED_COUNTER_SHIFT & 0xffff;
}

portsieve_inline __u32 watched_range(__u64 judged)
{
	return judged >> WATCHED_RANGE_SHIFT & 0xffff;
}

#endif

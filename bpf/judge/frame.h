/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a frame to the decision, and the record of it for `explain`. Neither this file nor what it
 * includes calls a BPF helper, so that the host can judge by the same source (user/judge/native.c).
 */
#ifndef PORTSIEVE_FRAME_H
#define PORTSIEVE_FRAME_H

#include "judge/asks.h"
#include "parse/parse.h"

/*
 * Takes the arguments of parse_packet(). False if the headers exceed the memory; *packet and
 * *decision are then undefined. A dropped packet may still pass as a reply: see may_be_reply().
 */
portsieve_inline _Bool judge_frame(const struct portsieve_image *image, const void *frame,
				   const void *frame_end, __u32 length_bytes, struct packet *packet,
				   struct decision *decision)
{
	if (!parse_packet(frame, frame_end, length_bytes, packet))
		return 0;
	classify(image, packet, decision);
	return 1;
}

/* Adds a packet to its row. */
portsieve_inline void row_add(struct portsieve_counter *row, const struct decision *decision,
			      __u32 verdict, __u32 length_bytes)
{
	row->verdict[verdict].packets += 1;
	row->verdict[verdict].bytes += length_bytes;
	if (decision->new_connection)
		row->new_connections += 1;
}

/* `asks`: the look-up that the packet needs was left out. */
portsieve_inline void trace(const struct packet *packet, const struct decision *decision,
			    __u32 verdict, _Bool asks, struct portsieve_trace *ret_trace)
{
	ret_trace->counter = decision->counter;
	ret_trace->range = decision->range;
	ret_trace->verdict = verdict;
	ret_trace->asks = asks;
	ret_trace->has_port = packet->reason == PORTSIEVE_REASONS;
	ret_trace->transport = packet->transport;
	ret_trace->port = packet->port;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parser: from the bytes of a frame to struct packet. It includes only linux/ headers and calls
 * no BPF helper, so the same source compiles for BPF, and natively for tests and fuzzing.
 */
#ifndef PORTSIEVE_PARSE_H
#define PORTSIEVE_PARSE_H

#include "parse/ipv4.h"
#include "parse/ipv6.h"
#include "parse/l2.h"

/* Starts at the frame's first byte. Fills in *packet for any input. */
portsieve_inline void parse_at(struct cursor *cursor, struct packet *packet)
{
	__be16 ethertype;

	*packet = (struct packet){ .tcp_flags = PACKET_NO_FLAGS };
	if (!parse_l2(cursor, packet, &ethertype))
		return;
	if (ethertype == BE16(ETH_P_IP))
		parse_ipv4(cursor, packet);
	else
		parse_ipv6(cursor, packet);
}

/*
 * frame .. frame_end is the memory that holds the frame, or its first buffer; length_bytes is the
 * length of the frame in all buffers. Fills in *packet for any input, and reads only this memory.
 * False if the headers exceed the memory: *packet is then meaningless.
 */
portsieve_inline _Bool parse_packet(const void *frame, const void *frame_end, __u32 length_bytes,
				    struct packet *packet)
{
	struct cursor cursor = { .at = frame, .end = frame_end, .left_bytes = length_bytes };

	parse_at(&cursor, packet);
	return !cursor.cut;
}

/*
 * As parse_packet, for a copy of the frame's first copy_bytes, at most CURSOR_COPY_BYTES_MAX. For
 * the verifier, the copy's memory must be larger by CURSOR_HEADER_BYTES_MAX, and `unknown` is a
 * number that it cannot know; the result does not depend on it.
 */
portsieve_inline _Bool parse_copy(const void *copy, __u32 copy_bytes, __u32 length_bytes,
				  __u64 unknown, struct packet *packet)
{
	struct cursor cursor = { .in_copy = 1,
				 .copy = copy,
				 .copy_bytes = copy_bytes,
				 .left_bytes = length_bytes,
				 .unknown = unknown };

	parse_at(&cursor, packet);
	return !cursor.cut;
}

#endif

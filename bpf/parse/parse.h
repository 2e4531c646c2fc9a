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

/*
 * frame .. frame_end is the memory that holds the frame, or its first buffer; length_bytes is the
 * length of the frame in all buffers. Fills in *packet for any input, and reads only this memory.
 */
portsieve_inline void parse_packet(const void *frame, const void *frame_end, __u32 length_bytes,
				   struct packet *packet)
{
	struct cursor cursor = { frame, frame_end, length_bytes };
	__be16 ethertype;

	*packet = (struct packet){ .tcp_flags = PACKET_NO_FLAGS };
	if (!parse_l2(&cursor, packet, &ethertype))
		return;
	if (ethertype == BE16(ETH_P_IP))
		parse_ipv4(&cursor, packet);
	else
		parse_ipv6(&cursor, packet);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What testrun and draw.bpf.c agree on: the table of what changes from packet to packet. */
#ifndef DRAW_H
#define DRAW_H

#include <linux/types.h>

enum draw_limits {
	DRAW_VARIATIONS = 65536,
	DRAW_FRAME_BYTES = 60, /* headers end before */
};

struct draw_variation {
	__u8 source[16]; /* of IPv4 the first four */
	__be16 port;	 /* destination */
	__u16 unused;
};

/* Where it goes in the frame, in bytes from its start. */
struct draw_places {
	__u32 source_at;
	__u32 source_bytes;
	__u32 port_at;
};

struct draw_variations {
	struct draw_variation list[DRAW_VARIATIONS];
};

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The template of a flood's packets: one valid frame, the place of every word that changes and
 * the checksum base of the rest. Pure.
 */
#ifndef TRAFFIC_FRAME_H
#define TRAFFIC_FRAME_H

#include <linux/if_ether.h>
#include <stdbool.h>

#include "flood.h"

#define FRAME_MAXIMUM_BYTES 3400 /* live frames of one page, next to the kernel's own needs */
#define FRAME_VLAN_NONE	    -1
#define FRAME_VLAN_LAST	    4094
#define FRAME_ADDRESS_BYTES 16

struct frame_request {
	int protocol; /* IPPROTO_TCP, _UDP, _SCTP or _DCCP */
	bool ipv6;
	int vlan; /* or FRAME_VLAN_NONE */
	__u8 tcp_flags;
	__u32 size_bytes; /* 0: the smallest possible */
	__u8 source_mac[ETH_ALEN];
	__u8 destination_mac[ETH_ALEN];
	__u8 source[FRAME_ADDRESS_BYTES]; /* network order, the first 4 or all bytes */
	__u8 destination[FRAME_ADDRESS_BYTES];
	struct flood_sweep sweeps[FLOOD_WORDS]; /* without `at`; the address without `low` */
};

struct frame {
	__u32 size_bytes;
	struct flood_layout layout;
	__u8 bytes[FRAME_MAXIMUM_BYTES];
};

/*
 * -EPROTONOSUPPORT: unknown protocol, -EINVAL: size_bytes is less than Ethernet or the headers
 * need, or more than a frame holds, -ERANGE: more source addresses than their last 16 bits can
 * count up to.
 */
int frame_build(const struct frame_request *request, struct frame *ret_frame);

#endif

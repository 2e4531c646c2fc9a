/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs at TC egress of a device, before and after the one that learns flows. */
#ifndef PORTSIEVE_EGRESS_ORDER_H
#define PORTSIEVE_EGRESS_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Another tool's program or filter. */
struct egress_other {
	char name[64];
	bool is_tcx;	   /* attached by TCX, else by clsact */
	uint16_t priority; /* in clsact */
};

struct egress_order {
	struct egress_other before,
		after; /* the first one before ours, and the first one after it */
	size_t before_count, after_count;
	bool ingress_qdisc; /* rules out clsact */
};

/*
 * `own_id` is the id of our program; if it is not attached, all others count as before it. TCX runs
 * before clsact. TCX is not visible without root.
 */
void egress_order_read(uint32_t ifindex, uint32_t own_id, struct egress_order *ret_order);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traffic control on a device: the filters at egress, and what rules out clsact. */
#ifndef PORTSIEVE_TC_H
#define PORTSIEVE_TC_H

#include <stdbool.h>
#include <stdint.h>

/* A filter at clsact's egress. */
struct tc_filter {
	char name[64];	     /* of its program, else its kind */
	uint32_t program_id; /* 0: not a BPF program */
	uint16_t priority;
};

/* Receives one filter. */
typedef void tc_filter_take_fn(const struct tc_filter *filter, void *context);

/*
 * Calls `take` (may be NULL) for each filter at clsact's egress, in the order in which they run.
 * *ret_ingress: is there an ingress qdisc, which rules out clsact? Needs no privileges. Returns 0
 * or -errno.
 */
int tc_read(uint32_t ifindex, tc_filter_take_fn *take, void *context, bool *ret_ingress);

#endif

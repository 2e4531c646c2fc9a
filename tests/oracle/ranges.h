/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The range of a destination port under a policy.
 */
#ifndef ORACLE_RANGES_H
#define ORACLE_RANGES_H

#include "oracle.h"

struct range {
	const char *name; /* of the rule, or of the built-in range */
	bool is_rule;
	bool drop;
	uint16_t low, high; /* overlapping intervals of one rule are merged */
};

/* transport is "tcp", "udp", "sctp" or "dccp", port 0 to 65535. */
struct range range_of(const struct oracle_policy *policy, const char *transport, int64_t port);

#endif

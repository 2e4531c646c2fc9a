/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The range that a packet with a destination port is counted in under a policy.
 */
#ifndef ORACLE_RANGES_H
#define ORACLE_RANGES_H

#include "oracle.h"

/* What rules ask of a packet. The addresses have 4 or 16 bytes, as they stand on the wire. */
struct subject {
	const char *transport; /* "tcp", "udp", "sctp" or "dccp" */
	int64_t port;	       /* destination, 0 to 65535 */
	enum oracle_family family;
	const uint8_t *source, *destination;
	bool has_bad_flags; /* of TCP, see L6 */
};

struct range {
	const char *name; /* of the rule, or of the built-in range */
	bool is_rule;
	bool drop;
	bool monitored;	      /* the drop is only counted */
	uint16_t low, high;   /* overlapping intervals of one rule are merged */
	bool names_addresses; /* the rule does */
	bool portless;	      /* it is a rule without ports */
	bool passed_over;     /* built-in; a rule for the port has other addresses, or has ended */
};

struct range range_of(const struct oracle_policy *policy, const struct subject *subject);

/* A packet without a port: what its knob says of it. */
struct portless_subject {
	struct subject subject; /* transport and port do not matter */
	bool is_unlifted;	/* U2: no rule allows it */
	bool knob_drops;	/* and that is not only counted */
};

/* Is it counted by a rule without ports? */
bool portless_range_of(const struct oracle_policy *policy, const struct portless_subject *packet,
		       struct range *ret_range);

#endif

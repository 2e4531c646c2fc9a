/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a comparison of policies, which policy_diff puts together. */
#ifndef PORTSIEVE_POLICY_DIFF_PARTS_H
#define PORTSIEVE_POLICY_DIFF_PARTS_H

#include "analysis/diff.h"

enum { BEFORE, AFTER, SIDES };

struct comparison {
	const struct policy *policies[SIDES];
	struct policy_diff *diff;
	const uint32_t *sets[SIDES][PORTSIEVE_DIRECTIONS]; /* by rule: number of its set */
};

/* The rules that match some packets of a port range, up to the first that matches all of them. */
struct contenders {
	const uint32_t *rules; /* ascending indices of the policy's rules */
	size_t count;
	struct policy_decider otherwise; /* when none of them matches */
};

/* One port range whose contenders are the same throughout. */
struct segment {
	uint8_t transport;
	uint16_t low;
	uint16_t high;
	struct contenders sides[SIDES];
};

/* Cuts the ports into segments and joins equal changes of neighbours. */
int policy_diff_ports(const struct comparison *comparison);

/* Appends the changes of one segment to an array (array.h). */
struct policy_diff_changes {
	struct policy_diff_change *list;
	size_t count;
};
int policy_diff_segment(const struct comparison *comparison, const struct segment *segment,
			struct policy_diff_changes *changes);

/* Rules that come, go, change, stay. */
int policy_diff_rules(const struct comparison *comparison);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What changes from one policy to another: port ranges whose packets meet another verdict,
 * settings, rules. Pure. Both policies are taken as they stand: runtime rules have been merged, and
 * those whose end has come are gone; ends to come play no part in verdicts. Nor does `mode`: a
 * verdict of monitor mode is what enforcing would do.
 */
#ifndef PORTSIEVE_POLICY_DIFF_H
#define PORTSIEVE_POLICY_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/address_areas.h"
#include "policy/policy.h"

enum policy_diff_limits {
	/* Of one port range: pairs of classes of source and destination, and steps to judge them.
	 */
	POLICY_DIFF_QUESTIONS_MAX = 1000000,
	POLICY_DIFF_STEPS_MAX = 100000000,
	POLICY_DIFF_SETTINGS_MAX = PORTSIEVE_KNOBS + 3,
};

struct policy_diff_side {
	const struct policy *policy;
	uint64_t drop_knobs; /* of its image */
};

/* What decides: a rule, or, where there is none, the default or the exception for DHCP clients. */
struct policy_decider {
	const struct policy_rule *rule;
	bool dhcp_client;
	bool drop;
};

/*
 * Packets of a transport to low..high, from and to these addresses (source and destination of one
 * family), met `before` and will meet `after`. `unclear`: there are addresses for which it may be
 * so, but telling which would take too long; the two deciders mean nothing then.
 */
struct policy_diff_change {
	uint8_t transport;
	uint16_t low;
	uint16_t high;
	const struct area *from; /* NULL: any */
	const struct area *to;
	struct policy_decider before;
	struct policy_decider after;
	bool unclear;
};

struct policy_diff_setting {
	const char *name; /* as in the policy; "malformed" for malformed packets */
	const char *before;
	const char *after;
};

struct policy_diff_rules {
	const struct policy_rule **list;
	size_t count;
};

/* Changes are sorted by transport and port, and as wide as the deciders are the same. */
struct policy_diff {
	struct policy_diff_change *changes;
	size_t changes_count;
	struct policy_diff_setting settings[POLICY_DIFF_SETTINGS_MAX];
	size_t settings_count;
	struct policy_diff_rules added; /* by name; in the order of the policy they are of */
	struct policy_diff_rules removed;
	struct policy_diff_rules
		changed; /* as they will be: other action, ports, addresses or end */
	struct policy_diff_rules runtime; /* runtime rules that stay as they are */
	bool reordered;			  /* rules of both stand in another order */

	struct areas areas[PORTSIEVE_DIRECTIONS]; /* own the areas of the changes */
};

/* -ENOMEM. Both policies must outlive *ret_diff, which the caller owns (policy_diff_free). */
int policy_diff(const struct policy_diff_side *before, const struct policy_diff_side *after,
		struct policy_diff *ret_diff);
void policy_diff_free(struct policy_diff *diff);
#define _cleanup_policy_diff_ __attribute__((cleanup(policy_diff_free)))

/* Nothing changes: no verdict, no setting, no rule. */
bool policy_diff_is_empty(const struct policy_diff *diff);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference of two policies: port ranges whose packets get another verdict, settings, rules.
 * Pure. The caller has merged runtime rules and removed ended ones; future ends do not affect
 * verdicts. A drop that is only monitored, by the policy's mode or by that of its rule or of the
 * default, is a packet that passes and is counted as a would-be drop.
 */
#ifndef PORTSIEVE_POLICY_DIFF_H
#define PORTSIEVE_POLICY_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

enum policy_diff_limits {
	/* Per port range: pairs of source and destination classes, and steps to judge them. */
	POLICY_DIFF_QUESTIONS_MAX = 1000000,
	POLICY_DIFF_STEPS_MAX = 100000000,
	POLICY_DIFF_SETTINGS_MAX = PORTSIEVE_KNOBS + 6,
};

struct policy_diff_side {
	const struct policy *policy;
	uint64_t drop_knobs; /* from its image */
	uint64_t monitor_knobs;
};

/* An address is in the area if the longest prefix in both lists that contains it is in `in`. */
struct area {
	struct policy_prefixes in;
	struct policy_prefixes except;
	bool all; /* all addresses of its families */
};

/* How the treatment of packets changes: allowed, only counted (monitored), or dropped. */
enum policy_diff_effect {
	POLICY_DIFF_NO_EFFECT, /* also for settings that are not about one kind of packets */
	POLICY_DIFF_NOW_ALLOWED,
	POLICY_DIFF_NOW_DROPPED,
	POLICY_DIFF_NOW_COUNTED,	/* allowed before; passes as before */
	POLICY_DIFF_NO_LONGER_COUNTED,	/* will be allowed; passes as before */
	POLICY_DIFF_NOW_ENFORCED,	/* was only counted, will be dropped */
	POLICY_DIFF_NO_LONGER_ENFORCED, /* was dropped, will be only counted */
	POLICY_DIFF_EFFECTS,
};

/* What decides: a rule, or if NULL the default, the exception for DHCP clients, or a knob. */
struct policy_decider {
	const struct policy_rule *rule;
	bool dhcp_client;
	bool knob;
	bool drop;
	bool monitored; /* the drop is only counted */
};

/*
 * `before` decided the packets of a transport to low..high, from and to these addresses (both of
 * the same family); `after` will. `unclear`: some addresses may be affected, but it would take too
 * long to find them; deciders and effect are not set.
 */
struct policy_diff_change {
	uint8_t transport; /* PORTSIEVE_ANY: packets without a port */
	uint32_t knobs;	   /* which of those: bits 1 << enum portsieve_knob */
	uint16_t low;
	uint16_t high;
	const struct area *from; /* NULL: any */
	const struct area *to;
	struct policy_decider before;
	struct policy_decider after;
	enum policy_diff_effect effect;
	bool unclear;
};

/* If the mode changes, a knob has an effect even with equal values. */
struct policy_diff_setting {
	const char *name; /* as in the policy; "malformed" for malformed packets */
	const char *before;
	const char *after;
	enum policy_diff_effect effect;
};

struct policy_diff_rules {
	const struct policy_rule **list;
	size_t count;
};

/* A set whose members change, or that only one of the policies has. */
struct policy_diff_set {
	const char *name;
	size_t added, removed; /* prefixes */
};

/* Changes are sorted by transport and port; adjacent ones with the same deciders are merged. */
struct policy_diff {
	struct policy_diff_change *changes;
	size_t changes_count;
	struct policy_diff_setting settings[POLICY_DIFF_SETTINGS_MAX];
	size_t settings_count;
	struct policy_diff_rules added; /* by name; in the order of their policy */
	struct policy_diff_rules removed;
	struct policy_diff_rules
		changed; /* new versions, with other action, ports, addresses or end */
	struct policy_diff_rules runtime; /* unchanged runtime rules */
	struct policy_diff_set *sets;
	size_t sets_count;
	bool reordered; /* rules in both policies changed their order */

	void *areas[PORTSIEVE_DIRECTIONS]; /* owns the areas of the changes */
};

/* -ENOMEM. Both policies must outlive *ret_diff, which the caller owns (policy_diff_free). */
int policy_diff(const struct policy_diff_side *before, const struct policy_diff_side *after,
		struct policy_diff *ret_diff);
void policy_diff_free(struct policy_diff *diff);
#define _cleanup_policy_diff_ __attribute__((cleanup(policy_diff_free)))

/* Does nothing change: no verdict, no setting, no rule? */
bool policy_diff_is_empty(const struct policy_diff *diff);

#endif

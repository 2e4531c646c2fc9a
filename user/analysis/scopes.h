/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ports earlier rules decide for some packets: rules of the same addresses and the same end
 * are a scope, and a later rule asks those scopes that hold its own addresses for as long as it
 * lasts. Private to the remarks.
 */
#ifndef PORTSIEVE_POLICY_SCOPES_H
#define PORTSIEVE_POLICY_SCOPES_H

#include "analysis/address_sets.h"

enum { POLICY_FAMILIES = POLICY_IPV6 + 1 };

/* Ports of all transports in one row: transport * PORTSIEVE_PORTS + port. */
struct policy_span {
	uint32_t low;
	uint32_t high;
};

/* What a rule says of the packets of one family. */
struct policy_part {
	uint32_t sets[PORTSIEVE_DIRECTIONS];
	enum policy_family family;
	uint64_t until_ns;
};

typedef const struct address_sets policy_sets[PORTSIEVE_DIRECTIONS][POLICY_FAMILIES];

/* False: no packet of the family has the rule's addresses. */
bool policy_part_of(policy_sets sets, const struct policy *policy, size_t rule,
		    enum policy_family family, struct policy_part *ret_part);

/*
 * `conditional`, by rule: those that may be added. Policy and sets stay the caller's, and are to
 * outlive it. NULL when memory is short.
 */
struct policy_scopes *policy_scopes_new(const struct policy *policy, policy_sets sets,
					const bool *conditional);
void policy_scopes_free(struct policy_scopes *scopes);

/* From now on the rule is one of the earlier ones. */
void policy_scopes_add(struct policy_scopes *scopes, size_t rule);

/* Finds the scopes that policy_scopes_reach asks from now on; returns how many. */
size_t policy_scopes_choose(struct policy_scopes *scopes, const struct policy_part *part);

/*
 * Where the chosen scopes' longest span ends, of those that begin at or below `port` (as in a
 * span): the port behind it, and in *ret_rule whose it is. Not above `port`: none decides it.
 */
uint32_t policy_scopes_reach(struct policy_scopes *scopes, uint32_t port, size_t *ret_rule);

/*
 * The spans of a rule: apart, ascending. Returns their number, at most rule->intervals_count, for
 * which `spans` has room; 0 when memory is short.
 */
size_t policy_spans(const struct policy_rule *rule, struct policy_span *spans);

#endif

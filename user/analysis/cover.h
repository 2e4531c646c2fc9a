/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the earlier rules of a policy decide all packets of a rule, and which of them do. Rules
 * are added in the order of the policy. Private to the remarks.
 */
#ifndef PORTSIEVE_POLICY_COVER_H
#define PORTSIEVE_POLICY_COVER_H

#include "policy/policy.h"

enum {
	COVERERS_NAMED = 3,
};

/* Rules that decide the ports of a rule before it. */
struct coverers {
	const struct policy_rule *rules[COVERERS_NAMED];
	size_t count; /* of all; the first are in `rules` */
	bool have_addresses;
	bool have_end;
};

struct policy_cover;

/* NULL when memory is short. The policy is the caller's, and is to outlive it. */
struct policy_cover *policy_cover_new(const struct policy *policy);
void policy_cover_free(struct policy_cover *cover);

/*
 * Turns to a rule, which the functions below are about. False: no packet has both its `from` and
 * its `to`, and there is nothing to ask.
 */
bool policy_cover_choose(struct policy_cover *cover, size_t rule);

/* Do earlier rules decide the interval for all of the rule's packets? */
bool policy_cover_holds(struct policy_cover *cover, const struct policy_interval *interval);

/* A rule that decides the first port of an interval which earlier rules hold. */
const struct policy_rule *policy_cover_first(struct policy_cover *cover,
					     const struct policy_interval *interval);

/* Who decides the ports of a rule whose intervals are all held; none when memory is short. */
struct coverers policy_cover_all(struct policy_cover *cover);

/* The rule becomes one of the earlier ones. To be left out where those hold all of it. */
void policy_cover_add(struct policy_cover *cover);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets: named lists of prefixes, which rules refer to as set:NAME. Rules that name only one set
 * share its list. read_sets.c reads sets. Pure: a callback reads their files.
 */
#ifndef PORTSIEVE_POLICY_SETS_H
#define PORTSIEVE_POLICY_SETS_H

#include "policy/policy.h"

/* The prefix of a set's name in a rule. */
#define POLICY_SET_PREFIX "set:"

/* The set of that name, or NULL. */
const struct policy_set *policy_set_named(const struct policy *policy, const char *name);

/*
 * Completes the rule's `from` and `to` with the members of their sets. -ENOENT, with the name in
 * *ret_unknown: the policy has no such set; or -ENOMEM. On failure the rule is incomplete and must
 * be freed.
 */
int policy_rule_resolve(const struct policy *policy, struct policy_rule *rule,
			const struct policy_set_use **ret_unknown);

/* The number of the rule's own prefixes, which precede those of sets. */
size_t policy_rule_own(const struct policy_rule *rule, enum portsieve_direction direction);

/*
 * Counts the prefixes of rules. A set's prefixes count once for each direction in which rules name
 * only this set, and once if none does.
 */
struct policy_tally {
	const struct policy *policy;
	bool (*used)[PORTSIEVE_DIRECTIONS]; /* by set */
	size_t prefixes;
};

/* -ENOMEM. Free it with policy_tally_free in any case. */
int policy_tally_init(struct policy_tally *tally, const struct policy *policy);
void policy_tally_add(struct policy_tally *tally, const struct policy_rule *rule);

/* Subtracts the rule's own prefixes. Sets that it names stay counted. */
void policy_tally_remove(struct policy_tally *tally, const struct policy_rule *rule);
void policy_tally_free(struct policy_tally *tally);
#define _cleanup_policy_tally_ __attribute__((cleanup(policy_tally_free)))

/*
 * The members of all sets from files, as text to keep with the policy's text: policy_sets_kept
 * restores them. "" if there are none. The caller frees it. NULL if out of memory.
 */
char *policy_sets_print(const struct policy *policy);

/* Reads members of sets from such a text, given as `context`. */
policy_set_read_fn policy_sets_kept;

/* The members of a set, sorted, one per line. The caller frees it. NULL if out of memory. */
char *policy_set_lines(const struct policy_set *set);

#endif

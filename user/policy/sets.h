/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets: named lists of prefixes, which rules refer to as set:NAME. Rules that name one set alone
 * share its list; read_sets.c reads them. Pure: the files of sets come from a callback.
 */
#ifndef PORTSIEVE_POLICY_SETS_H
#define PORTSIEVE_POLICY_SETS_H

#include "policy/policy.h"

/* What precedes the name where a rule refers to a set. */
#define POLICY_SET_PREFIX "set:"

/* The set of that name, or NULL. */
const struct policy_set *policy_set_named(const struct policy *policy, const char *name);

/*
 * Completes the rule's `from` and `to` by the members of the sets that they name. -ENOENT, with the
 * name in *ret_unknown: the policy has no such set; -ENOMEM. The rule is then incomplete, and has
 * to be freed.
 */
int policy_rule_resolve(const struct policy *policy, struct policy_rule *rule,
			const struct policy_set_use **ret_unknown);

/* How many of the rule's prefixes are its own, not a set's. They come first. */
size_t policy_rule_own(const struct policy_rule *rule, enum portsieve_direction direction);

/*
 * Counts the prefixes of rules. Those of a set count once for each direction in which rules name
 * the set alone, and once if none does.
 */
struct policy_tally {
	const struct policy *policy;
	bool (*used)[PORTSIEVE_DIRECTIONS]; /* by set */
	size_t prefixes;
};

/* -ENOMEM. Free it with policy_tally_free in any case. */
int policy_tally_init(struct policy_tally *tally, const struct policy *policy);
void policy_tally_add(struct policy_tally *tally, const struct policy_rule *rule);

/* Takes back the rule's own prefixes; a set that it names stays counted. */
void policy_tally_remove(struct policy_tally *tally, const struct policy_rule *rule);
void policy_tally_free(struct policy_tally *tally);
#define _cleanup_policy_tally_ __attribute__((cleanup(policy_tally_free)))

/*
 * The members of all sets that are read from files, as text to be kept beside that of the policy:
 * with both, policy_sets_kept reads them as they were. "" if there are none. The caller frees it.
 * NULL when memory is short.
 */
char *policy_sets_print(const struct policy *policy);

/* Gives the members of sets from such a text; `context` is the text. */
policy_set_read_fn policy_sets_kept;

/* The members of a set, sorted, one a line. The caller frees it. NULL when memory is short. */
char *policy_set_lines(const struct policy_set *set);

#endif

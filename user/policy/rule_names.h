/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An index of rules by name, for policies with thousands of rules. Pure. */
#ifndef PORTSIEVE_RULE_NAMES_H
#define PORTSIEVE_RULE_NAMES_H

#include "base/hash.h"
#include "policy/policy.h"

struct rule_names {
	struct hash_index index;
	struct policy_rule **rules; /* not owned */
	uint32_t count;
};

/* Empty, with room for `max` rules. -ENOMEM. Free it with rule_names_free in any case. */
int rule_names_init(struct rule_names *names, size_t max);
void rule_names_free(struct rule_names *names);
#define _cleanup_rule_names_ __attribute__((cleanup(rule_names_free)))

/* The rule of that name, or NULL. */
struct policy_rule *rule_names_find(const struct rule_names *names, const char *name);

/* Adds a rule unless its name is taken. The rule must not move or change its name. */
void rule_names_add(struct rule_names *names, struct policy_rule *rule);

/* An index of all rules of the policy, with room for `more`. -ENOMEM. */
int rule_names_of(const struct policy *policy, size_t more, struct rule_names *ret_names);

#endif

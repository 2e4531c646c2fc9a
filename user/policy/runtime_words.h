/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A runtime rule from the arguments of `allow` and `drop`, and its name if none is given. Pure. */
#ifndef PORTSIEVE_RUNTIME_RULE_H
#define PORTSIEVE_RUNTIME_RULE_H

#include "base/error.h"
#include "policy/policy.h"

struct runtime_words {
	enum policy_action action;
	const char *const *ports; /* as in `ports` of a policy, in one word or in several */
	size_t ports_count;
	const char *const *from; /* prefixes; none means any address */
	size_t from_count;
	const char *name;  /* NULL: made of the action and the ports */
	uint64_t until_ns; /* CLOCK_BOOTTIME; 0: without end */
};

/*
 * Reads the words into a new rule, owned by the caller (policy_rule_free). -EINVAL with the error
 * filled in (EXIT_USAGE) says which word is wrong.
 */
int runtime_rule_read(const struct runtime_words *words, const struct policy_host *host,
		      struct policy_rule *ret_rule, struct error *error);

/*
 * Names the rule NAME, NAME-2, NAME-3 ..., starting at `number` (from 1): the first name that no
 * rule of the policy has, except a runtime rule that says the same. Returns the number used.
 */
unsigned int runtime_rule_number(struct policy_rule *rule, const char *name, unsigned int number,
				 const struct policy *policy);

#endif

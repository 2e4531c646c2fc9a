/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failsafe rules: the administrator's own rules that come before every policy and its runtime
 * rules, so that no policy locks the administrator out. They have a file of their own. Pure.
 */
#ifndef PORTSIEVE_POLICY_FAILSAFE_H
#define PORTSIEVE_POLICY_FAILSAFE_H

#include "policy/policy.h"

/* Where the rules are, and what their names begin with once they are read. */
#define POLICY_FAILSAFE_FILE   "/etc/portsieve/failsafe.yaml"
#define POLICY_FAILSAFE_PREFIX "failsafe:"

enum {
	/* bytes of a name in the file, so that it has room after the prefix */
	POLICY_FAILSAFE_NAME_MAX = PORTSIEVE_RULE_NAME_MAX - (sizeof(POLICY_FAILSAFE_PREFIX) - 1),
};

/*
 * Reads failsafe rules, with the errors of policy_read_all, or of policy_read if `errors` is NULL.
 * The text may have the keys `version` and `rules` only, and rules with action allow only.
 * *ret_failsafe has no other rules.
 */
int policy_failsafe_read(const char *text, size_t size, const char *file,
			 const struct policy_host *host, struct policy *ret_failsafe,
			 struct policy_errors *errors, struct error *error);

/* Moves the rules of `failsafe` before those of a policy that has none; `failsafe` is then empty.
 */
int policy_failsafe_put(struct policy *policy, struct policy *failsafe, struct error *error);

/*
 * The failsafe rules of a policy as text that policy_failsafe_read reads; empty if there are none.
 * The caller frees it. NULL when memory is short.
 */
char *policy_failsafe_print(const struct policy *policy, const struct policy_host *host);

/* The file that the rule's place is in: `file`, or that of the failsafe rules. */
const char *policy_rule_file(const struct policy_rule *rule, const char *file);

#endif

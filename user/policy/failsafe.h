/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failsafe rules: the administrator's own rules that come before every policy and its runtime
 * rules, so that no policy locks the administrator out. They have a file of their own. Pure.
 */
#ifndef PORTSIEVE_POLICY_FAILSAFE_H
#define PORTSIEVE_POLICY_FAILSAFE_H

#include "policy/policy.h"

/* The file of the rules, and the prefix that their names get when read. */
#define POLICY_FAILSAFE_FILE   "/etc/portsieve/failsafe.yaml"
#define POLICY_FAILSAFE_PREFIX "failsafe:"

enum {
	/* bytes of a name in the file, which leave room for the prefix */
	POLICY_FAILSAFE_NAME_MAX = PORTSIEVE_RULE_NAME_MAX - (sizeof(POLICY_FAILSAFE_PREFIX) - 1),
};

/*
 * Reads failsafe rules, with the errors of policy_read_all, or of policy_read if `errors` is NULL.
 * The text may have the keys `version` and `rules` only, and rules with action allow only.
 * *ret_failsafe has only these rules.
 */
int policy_failsafe_read(const char *text, size_t size, const char *file,
			 const struct policy_host *host, struct policy *ret_failsafe,
			 struct policy_errors *errors, struct error *error);

/* Moves the rules of `failsafe` before those of a policy without failsafe rules. */
int policy_failsafe_put(struct policy *policy, struct policy *failsafe, struct error *error);

/*
 * The failsafe rules of a policy as text that policy_failsafe_read reads; empty if there are none.
 * The caller frees it. NULL if out of memory.
 */
char *policy_failsafe_print(const struct policy *policy, const struct policy_host *host);

/* The file of the rule's place: `file`, or the failsafe file. */
const char *policy_rule_file(const struct policy_rule *rule, const char *file);

#endif

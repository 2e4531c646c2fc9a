/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of canonical YAML; a whole policy is policy_print in policy.h. */
#ifndef PORTSIEVE_POLICY_PRINT_H
#define PORTSIEVE_POLICY_PRINT_H

#include <stdio.h>

#include "policy/policy.h"

/* Writes the rule as one line, an element of the list `rules`. `host` is only read for an end. */
void policy_rule_print(FILE *out, const struct policy_rule *rule, const struct policy_host *host);

/* The rules alone, as a text with `version`; as policy_print. */
char *policy_print_rules(const struct policy *policy, const struct policy_host *host);

#endif

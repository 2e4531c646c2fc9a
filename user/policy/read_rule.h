/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading one rule of a policy from its mapping, without regard to other rules. */
#ifndef PORTSIEVE_POLICY_READ_RULE_H
#define PORTSIEVE_POLICY_READ_RULE_H

#include "policy/yaml.h"

/*
 * Reads a rule from its mapping into *rule, which is empty except for `runtime`. The caller frees
 * it with policy_rule_free, also on failure. Returns 0, -EINVAL or -ENOMEM with the error set.
 */
int policy_rule_read(struct policy_yaml *yaml, const struct policy_node *mapping,
		     const struct policy_host *host, struct policy_rule *rule);

#endif

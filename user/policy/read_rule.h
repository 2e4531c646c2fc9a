/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rule of a policy, from its mapping in the YAML text. It knows nothing of the other rules. */
#ifndef PORTSIEVE_POLICY_READ_RULE_H
#define PORTSIEVE_POLICY_READ_RULE_H

#include "policy/yaml.h"

/*
 * Reads a rule from its mapping into *rule, which is empty but for `runtime`. The caller frees it
 * with policy_rule_free, also after an error. Returns 0, -EINVAL or -ENOMEM with the error set.
 */
int policy_rule_read(struct policy_yaml *yaml, const struct policy_node *mapping,
		     const struct policy_host *host, struct policy_rule *rule);

#endif

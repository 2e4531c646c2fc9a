/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rule of a policy, from its mapping in the YAML text. It knows nothing of the other rules. */
#ifndef PORTSIEVE_POLICY_RULE_H
#define PORTSIEVE_POLICY_RULE_H

#include "policy_yaml.h"

/*
 * Reads the rule whose mapping began with `start`, up to the mapping's end. On success *ret_rule
 * owns its `ports` and `intervals`. Returns 0, -EINVAL or -ENOMEM with the error set.
 */
int policy_rule_read(struct policy_yaml *yaml, const yaml_event_t *start,
		     const struct policy_host *host, struct policy_rule *ret_rule);

#endif

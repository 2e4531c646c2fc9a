/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rule of a policy, from its mapping in the YAML text. It knows nothing of the other rules. */
#ifndef PORTSIEVE_POLICY_RULE_H
#define PORTSIEVE_POLICY_RULE_H

#include "policy/yaml.h"

/* What a rule's text does not say of it. */
struct policy_rule_origin {
	const struct policy_host *host;
	bool runtime; /* of the list `runtime`, so it may have an end */
};

/*
 * Reads a rule from its mapping. On success *ret_rule owns what policy_rule_free frees. Returns 0,
 * -EINVAL or -ENOMEM with the error set.
 */
int policy_rule_read(struct policy_yaml *yaml, const struct policy_node *mapping,
		     const struct policy_rule_origin *origin, struct policy_rule *ret_rule);

#endif

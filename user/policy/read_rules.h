/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the lists of rules: `runtime` and `rules`. Private to policy_*.c. */
#ifndef PORTSIEVE_POLICY_RULES_H
#define PORTSIEVE_POLICY_RULES_H

#include "policy/yaml.h"

/* What the rules read so far have in common. */
struct policy_rules_reading {
	struct policy *policy; /* in the order of the text */
	const struct policy_host *host;
	uint16_t *names; /* rule index + 1 by hash of its name, 0 for none */
	size_t intervals;
	size_t prefixes;
};

/* -ENOMEM, or 0. Neither takes over the policy. */
int policy_rules_begin(struct policy_rules_reading *reading, struct policy *policy,
		       const struct policy_host *host);
void policy_rules_end(struct policy_rules_reading *reading);

/* Reads the value of `key`, a list of rules, into the policy. 0, -EINVAL or -ENOMEM with the error
 * set. */
int policy_rules_read(struct policy_yaml *yaml, struct policy_rules_reading *reading,
		      const char *key, bool runtime);

/* Puts the runtime rules first, wherever in the text they were. */
int policy_rules_order(struct policy_yaml *yaml, struct policy_rules_reading *reading);

#endif

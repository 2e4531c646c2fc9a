/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Failsafe rules: putting them before a policy, and printing them. read.c reads them. */
#include "policy/failsafe.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/print.h"

const char *policy_rule_file(const struct policy_rule *rule, const char *file)
{
	return rule->failsafe ? POLICY_FAILSAFE_FILE : file;
}

int policy_failsafe_put(struct policy *policy, struct policy *failsafe, struct error *error)
{
	size_t count = failsafe->failsafe_count, others = policy->rules_count;
	struct policy_rule *rules = calloc(count + others + 1, sizeof(*rules));

	if (!rules)
		return error_no_memory(error);
	for (size_t i = 0; i < count + others; i++)
		rules[i] = i < count ? failsafe->rules[i] : policy->rules[i - count];
	free(policy->rules);
	policy->rules = rules;
	policy->rules_count += count;
	policy->failsafe_count = count;
	failsafe->rules_count = 0; /* moved */
	policy_free(failsafe);
	return 0;
}

char *policy_failsafe_print(const struct policy *policy, const struct policy_host *host)
{
	const size_t prefix = strlen(POLICY_FAILSAFE_PREFIX);
	struct policy failsafe;
	_cleanup_free_ struct policy_rule *rules =
		calloc(policy->failsafe_count + 1, sizeof(*rules));

	if (!rules)
		return NULL;
	if (!policy->failsafe_count)
		return strdup("");
	policy_init(&failsafe);
	failsafe.rules = rules;
	failsafe.rules_count = policy->failsafe_count;
	for (size_t i = 0; i < policy->failsafe_count; i++) {
		rules[i] = policy->rules[i]; /* shared */
		memmove(rules[i].name, rules[i].name + prefix, sizeof(rules[i].name) - prefix);
	}
	return policy_print_rules(&failsafe, host);
}

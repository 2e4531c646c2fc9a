/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies made by hand for tests, without their text. policy_free releases them. */
#ifndef TESTS_BUILD_POLICY_H
#define TESTS_BUILD_POLICY_H

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "policy/policy.h"

/* The pointer is valid until the next rule is added. The rule's line is its number. */
static inline struct policy_rule *add_rule(struct policy *policy, const char *name,
					   enum policy_action action)
{
	struct policy_rule *rule;

	policy->rules = array_room(policy->rules, policy->rules_count, sizeof(*policy->rules));
	rule = &policy->rules[policy->rules_count++];
	*rule = (struct policy_rule){ .action = action };
	snprintf(rule->name, sizeof(rule->name), "%s", name);
	rule->place = (struct policy_place){ (uint32_t)policy->rules_count, 12 };
	rule->ports_place = (struct policy_place){ (uint32_t)policy->rules_count, 40 };
	return rule;
}

static inline void add_ports(struct policy_rule *rule, enum portsieve_transport transport,
			     uint16_t low, uint16_t high)
{
	rule->intervals =
		array_room(rule->intervals, rule->intervals_count, sizeof(*rule->intervals));
	rule->intervals[rule->intervals_count++] =
		(struct policy_interval){ .low = low, .high = high, .transport = transport };
}

/* A rule with one range. */
static inline struct policy_rule *add_rule_of(struct policy *policy, const char *name,
					      enum policy_action action,
					      const struct policy_interval *ports)
{
	struct policy_rule *rule = add_rule(policy, name, action);

	add_ports(rule, ports->transport, ports->low, ports->high);
	return rule;
}

/* A generator with the same numbers on every machine. */
static inline uint32_t random_below(uint64_t *state, uint32_t bound)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % bound;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of rules of a policy: each one read (policy_rule.c), names compared, sums kept. */
#include "policy/read_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "policy/read_mapping.h"
#include "policy/read_rule.h"

enum {
	NAME_SLOTS = 2 * PORTSIEVE_RULES_MAX, /* a power of two */
};

int policy_rules_begin(struct policy_rules_reading *reading, struct policy *policy,
		       const struct policy_host *host)
{
	*reading = (struct policy_rules_reading){
		.policy = policy,
		.host = host,
		.names = calloc(NAME_SLOTS, sizeof(*reading->names)),
	};
	return reading->names ? 0 : -ENOMEM;
}

void policy_rules_end(struct policy_rules_reading *reading)
{
	free(reading->names);
	reading->names = NULL;
}

static uint32_t hash(const char *name)
{
	uint32_t sum = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		sum = (sum ^ (unsigned char)*name) * 16777619u;
	return sum;
}

/* Enters the policy's last rule, whose name must be new, among the names. */
static int name_enter(struct policy_yaml *yaml, struct policy_rules_reading *reading)
{
	const struct policy_rule *rules = reading->policy->rules;
	const struct policy_rule *rule = &rules[reading->policy->rules_count - 1];
	uint32_t slot = hash(rule->name) % NAME_SLOTS;

	for (; reading->names[slot]; slot = (slot + 1) % NAME_SLOTS) {
		const struct policy_rule *other = &rules[reading->names[slot] - 1];

		if (!strcmp(other->name, rule->name))
			return policy_yaml_error_at(
				yaml, rule->place,
				"duplicate rule name '%s' (the first is on line %u)", rule->name,
				other->place.line);
	}
	reading->names[slot] = (uint16_t)reading->policy->rules_count;
	return 0;
}

/* Adds up what the rules hold, and refuses too much of it. */
static int sums_check(struct policy_yaml *yaml, struct policy_rules_reading *reading,
		      const struct policy_rule *rule)
{
	reading->intervals += rule->intervals_count;
	reading->prefixes += rule->from.count + rule->to.count;
	if (reading->intervals > POLICY_INTERVALS_MAX)
		return policy_yaml_error_at(yaml, rule->ports_place,
					    "the rules name more than %d ranges of ports",
					    POLICY_INTERVALS_MAX);
	if (reading->prefixes > POLICY_PREFIXES_MAX)
		return policy_yaml_error_at(yaml, rule->place,
					    "the rules name more than %d prefixes: write shorter "
					    "prefixes that hold several of them",
					    POLICY_PREFIXES_MAX);
	return 0;
}

static int rule_add(struct policy_yaml *yaml, const yaml_event_t *start,
		    struct policy_rules_reading *reading, bool runtime)
{
	const struct policy_rule_origin origin = { reading->host, runtime };
	struct policy *policy = reading->policy;
	struct policy_rule *rules, *rule;
	int r;

	if (start->type != YAML_MAPPING_START_EVENT)
		return policy_yaml_error(
			yaml, &start->start_mark,
			"a rule must be a mapping: write {name: ..., action: ..., ports: ...}");
	if (policy->rules_count == PORTSIEVE_RULES_MAX)
		return policy_yaml_error(yaml, &start->start_mark, "more than %d rules",
					 PORTSIEVE_RULES_MAX);
	rules = array_room(policy->rules, policy->rules_count, sizeof(*rules));
	if (!rules)
		return policy_yaml_no_memory(yaml);
	policy->rules = rules;
	rule = &rules[policy->rules_count];
	r = policy_rule_read(yaml, start, &origin, rule);
	if (r < 0)
		return r;
	policy->rules_count++;
	policy->runtime_count += runtime;
	r = sums_check(yaml, reading, rule);
	return r < 0 ? r : name_enter(yaml, reading);
}

int policy_rules_read(struct policy_yaml *yaml, struct policy_rules_reading *reading,
		      const char *key, bool runtime)
{
	POLICY_YAML_EVENT start = { 0 };
	int r = policy_yaml_next(yaml, &start);

	if (r < 0 || policy_value_is_null(&start))
		return r;
	if (start.type != YAML_SEQUENCE_START_EVENT)
		return policy_value_refuse(
			yaml, &start, key,
			"write a list of - {name: ..., action: ..., ports: ...}");
	for (;;) {
		POLICY_YAML_EVENT event = { 0 };

		r = policy_yaml_next(yaml, &event);
		if (r < 0 || event.type == YAML_SEQUENCE_END_EVENT)
			return r;
		r = rule_add(yaml, &event, reading, runtime);
		if (r < 0)
			return r;
	}
}

/* Each list is read in one go, so the runtime rules are all first or all last. */
int policy_rules_order(struct policy_yaml *yaml, struct policy_rules_reading *reading)
{
	struct policy *policy = reading->policy;
	size_t runtime = policy->runtime_count, others = policy->rules_count - runtime;
	struct policy_rule *rules = policy->rules, *first;

	if (!runtime || rules[0].runtime)
		return 0;
	first = malloc(runtime * sizeof(*first));
	if (!first)
		return policy_yaml_no_memory(yaml);
	memcpy(first, rules + others, runtime * sizeof(*first));
	memmove(rules + runtime, rules, others * sizeof(*rules));
	memcpy(rules, first, runtime * sizeof(*first));
	free(first);
	return 0;
}

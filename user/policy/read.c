/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From YAML text to struct policy: the keys at the top level, the knobs, the lists of rules, and
 * what holds over all rules. One rule is policy_rule.c, the grammar of `ports` policy_ports.c, YAML
 * itself policy_yaml.c.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "policy/knobs.h"
#include "policy/policy.h"
#include "policy/read_mapping.h"
#include "policy/read_prefixes.h"
#include "policy/read_rule.h"
#include "policy/quote.h"

enum {
	NAME_SLOTS = 2 * PORTSIEVE_RULES_MAX, /* a power of two */
};

static_assert((int)POLICY_KEYS_MAX >= (int)PORTSIEVE_KNOBS, "each knob has a key number");

struct reading {
	struct policy_yaml yaml;
	const struct policy_host *host;
	struct policy policy; /* its rules in the order of the text */
	uint16_t *names;      /* rule index + 1 by the hash of its name, 0: none */
	size_t intervals;     /* of all rules so far */
	size_t prefixes;      /* the same */
};

static void reading_free(struct reading *reading)
{
	policy_yaml_free(&reading->yaml);
	policy_free(&reading->policy);
	free(reading->names);
}

static int version_read(struct policy_pairs *pairs, void *target)
{
	const struct policy_node *value = pairs->value;
	int r = policy_text_check(pairs);

	(void)target;
	if (r)
		return r;
	if (strcmp(value->text, "1"))
		return policy_yaml_error(pairs->yaml, value, "unknown version '%s' (%s)",
					 policy_quote(value->text, value->length).text,
					 pairs->row->right);
	return 0;
}

static const char *const modes[] = { "enforce", "monitor", NULL };

static int mode_read(struct policy_pairs *pairs, void *target)
{
	struct reading *reading = target;
	size_t index;
	int r = policy_word_read(pairs, &index);

	if (r)
		return r;
	reading->policy.monitor = index == 1;
	return 0;
}

static int default_read(struct policy_pairs *pairs, void *target)
{
	struct reading *reading = target;
	size_t index;
	int r = policy_word_read(pairs, &index);

	if (r)
		return r;
	reading->policy.default_action = (enum policy_action)index;
	return 0;
}

static const char *const returns[] = { "none",	      "auto",	     "socket", "flow",
				       "socket+flow", "established", NULL };

/* Checks the word; there is nothing but `none` yet. */
static int return_read(struct policy_pairs *pairs, void *target)
{
	size_t index;
	int r = policy_word_read(pairs, &index);

	(void)target;
	if (r || index == 0)
		return r;
	return policy_yaml_error(pairs->yaml, pairs->value,
				 "return traffic look-up ('%s') is not there yet: "
				 "write 'return: none' or leave it out",
				 returns[index]);
}

static const char *const dhcp_choices[] = { "off", "auto", NULL };

static int dhcp_client_read(struct policy_pairs *pairs, void *target)
{
	struct reading *reading = target;
	size_t index;
	int r = policy_word_read(pairs, &index);

	if (r)
		return r;
	reading->policy.dhcp_client = index == 1;
	return 0;
}

static int knob_read(struct policy_pairs *pairs, void *target)
{
	static const enum policy_choice choices[] = {
		[POLICY_ALLOW] = POLICY_CHOICE_ALLOW,
		[POLICY_DROP] = POLICY_CHOICE_DROP,
	};
	struct policy *policy = target;
	size_t action;
	int r = policy_word_read(pairs, &action);

	if (r)
		return r;
	policy->knobs[pairs->row - pairs->keys->rows] = choices[action];
	return 0;
}

static int portless_read(struct policy_pairs *pairs, void *target)
{
	struct reading *reading = target;
	struct policy_key rows[PORTSIEVE_KNOBS];
	const struct policy_keys keys = {
		.where = "'portless'",
		.rows = rows,
		.count = PORTSIEVE_KNOBS,
	};
	int r;

	if (policy_node_is_null(pairs->value))
		return 0;
	if (pairs->value->kind != POLICY_NODE_MAPPING)
		return policy_value_refuse(pairs);
	for (size_t knob = 0; knob < PORTSIEVE_KNOBS; knob++)
		rows[knob] = (struct policy_key){
			.name = knobs[knob].name,
			.right = "write allow or drop",
			.words = policy_action_words,
			.read = knob_read,
		};

	struct policy_pairs knobs = policy_pairs_of(pairs->yaml, pairs->value, &keys);

	while ((r = policy_pairs_next(&knobs)) > 0) {
		r = knobs.row->read(&knobs, &reading->policy);
		if (r)
			return r;
	}
	return r;
}

static uint32_t hash(const char *name)
{
	uint32_t sum = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		sum = (sum ^ (unsigned char)*name) * 16777619u;
	return sum;
}

/* Enters the policy's last rule, whose name must be new, among the names. */
static int name_enter(struct reading *reading)
{
	const struct policy_rule *rules = reading->policy.rules;
	const struct policy_rule *rule = &rules[reading->policy.rules_count - 1];
	uint32_t slot = hash(rule->name) % NAME_SLOTS;

	for (; reading->names[slot]; slot = (slot + 1) % NAME_SLOTS) {
		const struct policy_rule *other = &rules[reading->names[slot] - 1];

		if (!strcmp(other->name, rule->name))
			return policy_yaml_error_at(
				&reading->yaml, rule->place,
				"duplicate rule name '%s' (the first is on line %u)", rule->name,
				other->place.line);
	}
	reading->names[slot] = (uint16_t)reading->policy.rules_count;
	return 0;
}

/* Adds up what the rules hold, and refuses too much of it. */
static int sums_check(struct reading *reading, const struct policy_rule *rule)
{
	reading->intervals += rule->intervals_count;
	reading->prefixes += rule->from.count + rule->to.count;
	if (reading->intervals > POLICY_INTERVALS_MAX)
		return policy_yaml_error_at(&reading->yaml, rule->ports_place,
					    "the rules name more than %d ranges of ports",
					    POLICY_INTERVALS_MAX);
	if (reading->prefixes > POLICY_PREFIXES_MAX)
		return policy_yaml_error_at(&reading->yaml, rule->place,
					    "the rules name more than %d prefixes: write shorter "
					    "prefixes that hold several of them",
					    POLICY_PREFIXES_MAX);
	return 0;
}

static int rule_add(struct reading *reading, const struct policy_node *node, bool runtime)
{
	const struct policy_rule_origin origin = { reading->host, runtime };
	struct policy *policy = &reading->policy;
	struct policy_rule *rules, *rule;
	int r;

	if (node->kind != POLICY_NODE_MAPPING)
		return policy_yaml_error(
			&reading->yaml, node,
			"a rule must be a mapping: write {name: ..., action: ..., ports: ...}");
	if (policy->rules_count == PORTSIEVE_RULES_MAX)
		return policy_yaml_error(&reading->yaml, node, "more than %d rules",
					 PORTSIEVE_RULES_MAX);
	rules = array_room(policy->rules, policy->rules_count, sizeof(*rules));
	if (!rules)
		return policy_yaml_no_memory(&reading->yaml);
	policy->rules = rules;
	rule = &rules[policy->rules_count];
	r = policy_rule_read(&reading->yaml, node, &origin, rule);
	if (r)
		return r;
	policy->rules_count++;
	policy->runtime_count += runtime;
	r = sums_check(reading, rule);
	if (r)
		return r;
	return name_enter(reading);
}

static int list_read(const struct policy_pairs *pairs, struct reading *reading, bool runtime)
{
	const struct policy_node *list = pairs->value;

	if (policy_node_is_null(list))
		return 0;
	if (list->kind != POLICY_NODE_LIST)
		return policy_value_refuse(pairs);
	for (const struct policy_node *node = list + 1; node < list + list->span;
	     node += node->span) {
		int r = rule_add(reading, node, runtime);

		if (r)
			return r;
	}
	return 0;
}

static int runtime_read(struct policy_pairs *pairs, void *target)
{
	struct reading *reading = target;

	reading->policy.names_runtime = true;
	return list_read(pairs, reading, true);
}

static int rules_read(struct policy_pairs *pairs, void *target)
{
	return list_read(pairs, target, false);
}

/* Puts the runtime rules first. Each list is read in one go, so they are all first or all last. */
static int order_rules(struct reading *reading)
{
	struct policy *policy = &reading->policy;
	size_t runtime = policy->runtime_count, others = policy->rules_count - runtime;
	struct policy_rule *rules = policy->rules;

	if (!runtime || rules[0].runtime)
		return 0;

	_cleanup_free_ struct policy_rule *first = malloc(runtime * sizeof(*first));

	if (!first)
		return policy_yaml_no_memory(&reading->yaml);
	memcpy(first, rules + others, runtime * sizeof(*first));
	memmove(rules + runtime, rules, others * sizeof(*rules));
	memcpy(rules, first, runtime * sizeof(*first));
	return 0;
}

#define RULES_RIGHT "write a list of - {name: ..., action: ..., ports: ...}"

static const struct policy_key rows[] = {
	{
		.name = "version",
		.right = "write 'version: 1'",
		.required = true,
		.read = version_read,
	},
	{
		.name = "mode",
		.right = "write enforce or monitor",
		.words = modes,
		.read = mode_read,
	},
	{
		.name = "default",
		.right = "write allow or drop",
		.words = policy_action_words,
		.read = default_read,
	},
	{ .name = "return", .right = "write none", .words = returns, .read = return_read },
	{
		.name = "dhcp_client",
		.right = "write auto or off",
		.words = dhcp_choices,
		.read = dhcp_client_read,
	},
	{ .name = "runtime", .right = RULES_RIGHT, .read = runtime_read },
	{ .name = "rules", .right = RULES_RIGHT, .read = rules_read },
	{
		.name = "portless",
		.right = "write a mapping such as {later_fragment: allow}",
		.read = portless_read,
	},
};

static int root_read(struct reading *reading)
{
	static const struct policy_keys keys = {
		.where = "the policy",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
	};
	struct policy_yaml *yaml = &reading->yaml;
	const struct policy_node *root = yaml->nodes;
	int r;

	if (!yaml->count || policy_node_is_null(root))
		return policy_yaml_error_at(yaml, (struct policy_place){ 1, 1 },
					    "the policy is empty: it needs at least 'version: 1'");
	if (root->kind != POLICY_NODE_MAPPING)
		return policy_yaml_error(
			yaml, root,
			"the policy must be a mapping, as 'version: 1' and further keys");

	struct policy_pairs pairs = policy_pairs_of(yaml, root, &keys);

	while ((r = policy_pairs_next(&pairs)) > 0) {
		r = pairs.row->read(&pairs, reading);
		if (r)
			return r;
	}
	if (r)
		return r;
	if (root->span < yaml->count) /* a broken node after the document */
		return policy_yaml_broken(yaml);
	return 0;
}

int policy_read(const char *text, size_t size, const char *file, const struct policy_host *host,
		struct policy *ret_policy, struct error *error)
{
	__attribute__((cleanup(reading_free))) struct reading reading = { .host = host };
	struct policy_yaml *yaml = &reading.yaml;
	int r;

	policy_init(&reading.policy);
	if (size > POLICY_TEXT_MAX) {
		error_place(error, file, 0, 0);
		return error_set(error, EINVAL, EXIT_USAGE, "the policy is larger than %d MiB",
				 POLICY_TEXT_MAX >> 20);
	}
	r = policy_yaml_load(yaml, text, size, file, error);
	if (r)
		return r;
	reading.names = calloc(NAME_SLOTS, sizeof(*reading.names));
	if (!reading.names)
		return policy_yaml_no_memory(yaml);
	if (yaml->not_yaml)
		policy_prefix_unquoted(yaml, &yaml->nodes[yaml->count - 1], &yaml->broken);
	r = root_read(&reading);
	if (r)
		return r;
	r = order_rules(&reading);
	if (r)
		return r;
	*ret_policy = reading.policy;
	policy_init(&reading.policy);
	return 0;
}

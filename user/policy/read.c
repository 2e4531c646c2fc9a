/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From YAML text to struct policy: the keys at the top level, the knobs, the lists of rules, and
 * the limits and names over all rules. One rule is read_rule.c, the grammar of `ports` ports.c,
 * YAML itself yaml.c.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "policy/knobs.h"
#include "policy/policy.h"
#include "policy/quote.h"
#include "policy/read_mapping.h"
#include "policy/read_rule.h"

enum {
	/*
	 * Of the YAML tree; no valid policy has more. An item of `ports` gives at least one
	 * interval, and two nodes where YAML splits the text at its comma. The rest of a rule has
	 * 13 nodes and its prefixes, the rest of the policy fewer than 100.
	 */
	NODES_MAX = 2 * POLICY_INTERVALS_MAX + POLICY_PREFIXES_MAX + 14 * PORTSIEVE_RULES_MAX,
};

static_assert((int)POLICY_KEYS_MAX >= (int)PORTSIEVE_KNOBS, "each knob has a key number");

struct reading {
	struct policy_yaml yaml;
	const struct policy_host *host;
	struct policy policy;	 /* its rules in the order of the text */
	struct hash_index names; /* of the rules */
	size_t intervals;	 /* of all rules so far */
	size_t prefixes;	 /* the same */
};

static void reading_free(struct reading *reading)
{
	policy_yaml_free(&reading->yaml);
	policy_free(&reading->policy);
	hash_index_free(&reading->names);
}

static int portless_read(const struct policy_pairs *pairs, struct policy *policy)
{
	static const enum policy_choice choices[] = {
		[POLICY_ALLOW] = POLICY_CHOICE_ALLOW,
		[POLICY_DROP] = POLICY_CHOICE_DROP,
	};
	struct policy_key rows[PORTSIEVE_KNOBS];
	const struct policy_keys keys = {
		.where = "'portless'",
		.rows = rows,
		.count = PORTSIEVE_KNOBS,
	};
	struct policy_pairs chosen = policy_pairs_of(pairs->yaml, pairs->value, &keys);
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
		};
	while ((r = policy_pairs_next(&chosen)) > 0) {
		policy->knobs[chosen.row - rows] = choices[chosen.word];
		policy->knob_places[chosen.row - rows] = chosen.key->place;
	}
	return r;
}

/* What `names` is searched by. */
struct name_key {
	const struct policy_rule *rules;
	const char *name;
};

static bool name_equal(uint32_t number, const void *key)
{
	const struct name_key *wanted = key;

	return !strcmp(wanted->rules[number].name, wanted->name);
}

/* Adds the policy's last rule to the names, the intervals and the prefixes. */
static int rule_enter(struct reading *reading)
{
	const struct policy_rule *rules = reading->policy.rules;
	uint32_t number = (uint32_t)reading->policy.rules_count - 1, *slot;
	const struct policy_rule *rule = &rules[number];
	const struct name_key key = { rules, rule->name };

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
	slot = hash_index_find(&reading->names, hash_bytes(0, rule->name, strlen(rule->name)),
			       name_equal, &key);
	if (*slot)
		return policy_yaml_error_at(&reading->yaml, rule->place,
					    "duplicate rule name '%s' (the first is on line %u)",
					    rule->name, rules[*slot - 1].place.line);
	*slot = number + 1;
	return 0;
}

static int rule_add(struct reading *reading, const struct policy_node *node, bool runtime)
{
	struct policy *policy = &reading->policy;
	struct policy_rule *rules;
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
		return error_no_memory(reading->yaml.error);
	policy->rules = rules;
	rules[policy->rules_count] = (struct policy_rule){ .runtime = runtime };
	policy->runtime_count += runtime;
	r = policy_rule_read(&reading->yaml, node, reading->host, &rules[policy->rules_count++]);
	return r ? r : rule_enter(reading);
}

static int list_read(struct reading *reading, const struct policy_pairs *pairs, bool runtime)
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

/* Puts the runtime rules first. Each list is read in one go, so they are all first or all last. */
static int order_rules(struct reading *reading)
{
	struct policy *policy = &reading->policy;
	size_t runtime = policy->runtime_count, others = policy->rules_count - runtime;
	struct policy_rule *rules = policy->rules;
	_cleanup_free_ struct policy_rule *first = NULL;

	if (!runtime || rules[0].runtime)
		return 0;
	first = malloc(runtime * sizeof(*first));
	if (!first)
		return error_no_memory(reading->yaml.error);
	memcpy(first, rules + others, runtime * sizeof(*first));
	memmove(rules + runtime, rules, others * sizeof(*rules));
	memcpy(rules, first, runtime * sizeof(*first));
	return 0;
}

#define RULES_RIGHT "write a list of - {name: ..., action: ..., ports: ...}"

static const char *const modes[] = { "enforce", "monitor", NULL };
static const char *const dhcp_choices[] = { "off", "auto", NULL };

enum policy_key_number {
	KEY_VERSION,
	KEY_MODE,
	KEY_DEFAULT,
	KEY_RETURN,
	KEY_UNCONNECTED_UDP,
	KEY_SIMULTANEOUS_OPEN,
	KEY_DHCP_CLIENT,
	KEY_RUNTIME,
	KEY_RULES,
	KEY_PORTLESS,
	KEYS,
};

static const struct policy_key rows[KEYS] = {
	[KEY_VERSION] = { .name = "version", .right = "write 'version: 1'", .required = true },
	[KEY_MODE] = { .name = "mode", .right = "write enforce or monitor", .words = modes },
	[KEY_DEFAULT] = {
		.name = "default",
		.right = "write allow or drop",
		.words = policy_action_words,
	},
	[KEY_RETURN] = {
		.name = "return",
		.right = "write socket, established or none",
		.words = policy_returns,
	},
	[KEY_UNCONNECTED_UDP] = {
		.name = "unconnected_udp",
		.right = "write never, ephemeral or any",
		.words = policy_udp_clients,
	},
	[KEY_SIMULTANEOUS_OPEN] = {
		.name = "simultaneous_open",
		.right = "write pass or drop",
		.words = policy_passes_or_drops,
	},
	[KEY_DHCP_CLIENT] = {
		.name = "dhcp_client",
		.right = "write auto or off",
		.words = dhcp_choices,
	},
	[KEY_RUNTIME] = { .name = "runtime", .right = RULES_RIGHT },
	[KEY_RULES] = { .name = "rules", .right = RULES_RIGHT },
	[KEY_PORTLESS] = {
		.name = "portless",
		.right = "write a mapping such as {later_fragment: allow}",
	},
};

/* Reads the current pair of the top level. */
static int key_read(struct reading *reading, const struct policy_pairs *pairs)
{
	struct policy *policy = &reading->policy;
	int r;

	switch ((enum policy_key_number)(pairs->row - rows)) {
	case KEY_VERSION:
		r = policy_text_check(pairs);
		if (r || !strcmp(pairs->value->text, "1"))
			return r;
		return policy_yaml_error(pairs->yaml, pairs->value, "unknown version '%s' (%s)",
					 quote_string(pairs->value->text).text, pairs->row->right);
	case KEY_MODE:
		policy->monitor = pairs->word == 1;
		return 0;
	case KEY_DEFAULT:
		policy->default_action = (enum policy_action)pairs->word;
		return 0;
	case KEY_RETURN:
		if (pairs->word >= POLICY_RETURNS)
			return policy_yaml_error(pairs->yaml, pairs->value,
						 "'return: %s' is not supported yet: write socket, "
						 "established or none",
						 policy_returns[pairs->word]);
		policy->return_mode = (enum policy_return)pairs->word;
		return 0;
	case KEY_UNCONNECTED_UDP:
		policy->udp_clients = (enum policy_udp_clients)pairs->word;
		return 0;
	case KEY_SIMULTANEOUS_OPEN:
		policy->simultaneous_open = pairs->word == 0;
		return 0;
	case KEY_DHCP_CLIENT:
		policy->dhcp_client = pairs->word == 1;
		return 0;
	case KEY_RUNTIME:
		policy->names_runtime = true;
		return list_read(reading, pairs, true);
	case KEY_RULES:
		return list_read(reading, pairs, false);
	case KEY_PORTLESS:
		return portless_read(pairs, policy);
	case KEYS:
		break;
	}
	return 0;
}

static int root_read(struct reading *reading)
{
	static const struct policy_keys keys = {
		.where = "the policy",
		.rows = rows,
		.count = KEYS,
	};
	struct policy_yaml *yaml = &reading->yaml;
	const struct policy_node *root = yaml->nodes;
	struct policy_pairs pairs;
	int r;

	if (!yaml->count || policy_node_is_null(root))
		return policy_yaml_error_at(yaml, (struct policy_place){ 1, 1 },
					    "the policy is empty: it needs at least 'version: 1'");
	if (root->kind != POLICY_NODE_MAPPING)
		return policy_yaml_error(
			yaml, root,
			"the policy must be a mapping, as 'version: 1' and further keys");
	pairs = policy_pairs_of(yaml, root, &keys);
	while ((r = policy_pairs_next(&pairs)) > 0) {
		r = key_read(reading, &pairs);
		if (r)
			return r;
	}
	if (!r && root->span < yaml->count) /* a broken node after the document */
		return policy_yaml_broken(yaml);
	return r;
}

int policy_read(const char *text, size_t size, const char *file, const struct policy_host *host,
		struct policy *ret_policy, struct error *error)
{
	__attribute__((cleanup(reading_free))) struct reading reading = {
		.yaml = {
			.source = text,
			.size = size,
			.file = file,
			.error = error,
			.nodes_max = NODES_MAX,
		},
		.host = host,
	};
	struct policy_yaml *yaml = &reading.yaml;
	int r;

	policy_init(&reading.policy);
	if (size > POLICY_TEXT_MAX) {
		error_place(error, file, 0, 0);
		return error_set(error, EINVAL, EXIT_USAGE, "the policy is larger than %d MiB",
				 POLICY_TEXT_MAX >> 20);
	}
	r = policy_yaml_load(yaml);
	if (r)
		return r;
	if (hash_index_init(&reading.names, PORTSIEVE_RULES_MAX))
		return error_no_memory(error);
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

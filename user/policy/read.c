/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From YAML text to struct policy: the keys at the top level, the knobs, the lists of rules, and
 * the limits and names over all rules. read_rule.c reads one rule, ports.c the text of `ports`,
 * yaml.c YAML itself.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/duration.h"
#include "base/hash.h"
#include "base/suggest.h"
#include "policy/failsafe.h"
#include "policy/knobs.h"
#include "policy/policy.h"
#include "policy/quote.h"
#include "policy/read_mapping.h"
#include "policy/read_prefixes.h"
#include "policy/read_rule.h"
#include "policy/read_sets.h"
#include "policy/sets.h"

enum {
	/*
	 * In the YAML tree; no valid policy has more. An item of `ports` gives at least one
	 * interval, and two nodes if YAML splits the text at its comma. Without prefixes, the rest
	 * of a rule has fewer than 24 nodes, and the rest of the policy fits into what rules do not
	 * use.
	 */
	NODES_MAX = 2 * POLICY_INTERVALS_MAX + POLICY_PREFIXES_MAX + 24 * PORTSIEVE_RULES_MAX,
};

static_assert((int)POLICY_KEYS_MAX >= (int)PORTSIEVE_KNOBS, "each knob has a key number");

struct reading {
	struct policy_yaml yaml;
	const struct policy_host *host;
	bool failsafe;		 /* the text has failsafe rules, not a policy */
	struct policy policy;	 /* its rules in the order of the text */
	struct hash_index names; /* of the rules */
	size_t intervals;	 /* of all rules so far */
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

/* The key for finding names. */
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
	if (reading->intervals > POLICY_INTERVALS_MAX)
		return policy_yaml_error_at(&reading->yaml, rule->ports_place,
					    "the rules name more than %d ranges of ports",
					    POLICY_INTERVALS_MAX);
	slot = hash_index_find(&reading->names, hash_bytes(0, rule->name, strlen(rule->name)),
			       name_equal, &key);
	if (*slot)
		return policy_yaml_error_at(&reading->yaml, rule->place,
					    "duplicate rule name '%s' (the first is on line %u)",
					    rule->name, rules[*slot - 1].place.line);
	*slot = number + 1;
	return 0;
}

/* The node of a key that the rule has. */
static const struct policy_node *key_of(const struct policy_node *mapping, const char *name)
{
	const struct policy_node *key = mapping + 1;

	while (key->kind != POLICY_NODE_TEXT || strcmp(key->text, name) != 0)
		key += 1 + key[1].span;
	return key;
}

/* Rejects what failsafe rules may not have, and sets the name. */
static int failsafe_rule_finish(struct reading *reading, const struct policy_node *mapping,
				struct policy_rule *rule)
{
	char name[sizeof(rule->name)];

	if (rule->action != POLICY_ALLOW)
		return policy_yaml_error(&reading->yaml, key_of(mapping, "action") + 1,
					 "a failsafe rule cannot drop: write allow, or move the "
					 "rule to the policy");
	if (rule->only_from)
		return policy_yaml_error(&reading->yaml, key_of(mapping, "only_from"),
					 "a failsafe rule cannot drop: write 'from'");
	if (strlen(rule->name) > POLICY_FAILSAFE_NAME_MAX)
		return policy_yaml_error_at(&reading->yaml, rule->place,
					    "the name '%s' is too long for a failsafe rule: write "
					    "at most %d characters",
					    rule->name, POLICY_FAILSAFE_NAME_MAX);
	memcpy(name, rule->name, sizeof(name));
	snprintf(rule->name, sizeof(rule->name), POLICY_FAILSAFE_PREFIX "%.*s",
		 POLICY_FAILSAFE_NAME_MAX, name);
	rule->failsafe = true;
	reading->policy.failsafe_count++;
	return 0;
}

/* The number of errors so far. */
static size_t errors_count(const struct reading *reading)
{
	return reading->yaml.errors ? reading->yaml.errors->count : 0;
}

static int rule_add(struct reading *reading, const struct policy_node *node, bool runtime)
{
	struct policy *policy = &reading->policy;
	struct policy_rule *rules;
	size_t errors;
	int r;

	if (node->kind == POLICY_NODE_TEXT && node->one_line &&
	    (r = policy_space_missing(&reading->yaml, node)))
		return r;
	if (node->kind != POLICY_NODE_MAPPING)
		return policy_yaml_error(
			&reading->yaml, node,
			"a rule must be a mapping: write {name: ..., action: ..., ports: ...}");
	if (reading->failsafe && policy->rules_count == PORTSIEVE_FAILSAFE_RULES_MAX)
		return policy_yaml_error(&reading->yaml, node,
					 "more than %d failsafe rules: move some to the policy",
					 PORTSIEVE_FAILSAFE_RULES_MAX);
	if (policy->rules_count == PORTSIEVE_RULES_MAX)
		return policy_yaml_error(&reading->yaml, node, "more than %d rules",
					 PORTSIEVE_RULES_MAX);
	rules = array_room(policy->rules, policy->rules_count, sizeof(*rules));
	if (!rules)
		return error_no_memory(reading->yaml.error);
	policy->rules = rules;
	rules[policy->rules_count] = (struct policy_rule){ .runtime = runtime };
	policy->runtime_count += runtime;
	rules += policy->rules_count++;
	errors = errors_count(reading);
	r = policy_rule_read(&reading->yaml, node, reading->host, rules);
	if (r || errors_count(reading) > errors)
		return r;
	if (reading->failsafe)
		r = failsafe_rule_finish(reading, node, rules);
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

		if (r && !policy_yaml_goes_on(pairs->yaml, r))
			return r;
	}
	return 0;
}

/*
 * Puts the runtime rules first. They are all first or all last, since each list is read as a whole.
 */
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

static const char *const dhcp_choices[] = { "off", "auto", NULL };

enum policy_key_number {
	KEY_VERSION,
	KEY_MODE,
	KEY_DEFAULT,
	KEY_RETURN,
	KEY_FLOWS,
	KEY_GRACE,
	KEY_UNCONNECTED_UDP,
	KEY_SIMULTANEOUS_OPEN,
	KEY_DHCP_CLIENT,
	KEY_SETS,
	KEY_RUNTIME,
	KEY_RULES,
	KEY_PORTLESS,
	KEYS,
};

static const struct policy_key rows[KEYS] = {
	[KEY_VERSION] = {
		.name = "version",
		.right = "write 'version: 1'",
		.missing = "'version: 1'",
	},
	[KEY_MODE] = { .name = "mode", .right = "write enforce or monitor", .words = policy_mode_words },
	[KEY_DEFAULT] = {
		.name = "default",
		.right = "write allow, drop or {action: drop, mode: monitor}",
	},
	[KEY_RETURN] = {
		.name = "return",
		.right = "write auto, socket, flow, socket+flow, established or none",
		.words = policy_returns,
	},
	[KEY_FLOWS] = { .name = "flows", .right = "write a number from 1024 to 4194304" },
	[KEY_GRACE] = { .name = "grace", .right = "write a duration up to 1h, such as 60s, or 0" },
	[KEY_UNCONNECTED_UDP] = {
		.name = "unconnected_udp",
		.right = "write never, flow, ephemeral or any",
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
	[KEY_SETS] = {
		.name = "sets",
		.right = "write a mapping such as {admin: [192.0.2.0/24], blocked: {file: PATH}}",
	},
	[KEY_RUNTIME] = { .name = "runtime", .right = RULES_RIGHT },
	[KEY_RULES] = { .name = "rules", .right = RULES_RIGHT },
	[KEY_PORTLESS] = {
		.name = "portless",
		.right = "write a mapping such as {later_fragment: allow}",
	},
};

static int flows_read(const struct policy_pairs *pairs, uint32_t *ret_flows)
{
	unsigned long flows;
	char *end;
	int r = policy_text_check(pairs);

	if (r)
		return r;
	flows = strtoul(pairs->value->text, &end, 10);
	if (*pairs->value->text < '0' || *pairs->value->text > '9' || *end ||
	    flows < POLICY_FLOWS_MIN || flows > POLICY_FLOWS_MAX)
		return policy_text_refuse(pairs);
	*ret_flows = flows;
	return 0;
}

static int grace_read(const struct policy_pairs *pairs, uint32_t *ret_seconds)
{
	uint32_t seconds = 0;
	int r = policy_text_check(pairs);

	if (r)
		return r;
	if (strcmp(pairs->value->text, "0") != 0 && strcmp(pairs->value->text, "0s") != 0 &&
	    (duration_read(pairs->value->text, &seconds) || seconds > POLICY_GRACE_SECONDS_MAX))
		return policy_text_refuse(pairs);
	*ret_seconds = seconds;
	return 0;
}

/* `default`: an action, or a mapping of it and of its mode. */
static int default_read(struct policy_pairs *pairs, struct policy *policy)
{
	enum { DEFAULT_ACTION, DEFAULT_MODE, DEFAULT_KEYS };
	static const struct policy_key default_rows[DEFAULT_KEYS] = {
		[DEFAULT_ACTION] = {
			.name = "action",
			.right = "write allow or drop",
			.words = policy_action_words,
			.missing = "'action: drop' or 'action: allow'",
		},
		[DEFAULT_MODE] = {
			.name = "mode",
			.right = "write enforce or monitor",
			.words = policy_mode_words,
		},
	};
	static const struct policy_keys keys = {
		.where = "'default'",
		.rows = default_rows,
		.count = DEFAULT_KEYS,
	};
	const struct policy_node *mode = NULL;
	struct policy_pairs chosen;
	int r;

	if (pairs->value->kind != POLICY_NODE_MAPPING) {
		r = policy_word_read(pairs, policy_action_words);
		if (!r)
			policy->default_action = (enum policy_action)pairs->word;
		return r;
	}
	chosen = policy_pairs_of(pairs->yaml, pairs->value, &keys);
	while ((r = policy_pairs_next(&chosen)) > 0) {
		if (chosen.row == &default_rows[DEFAULT_ACTION]) {
			policy->default_action = (enum policy_action)chosen.word;
			continue;
		}
		policy->default_monitor = chosen.word == 1;
		mode = chosen.key;
	}
	if (!r && policy->default_monitor && policy->default_action == POLICY_ALLOW)
		return policy_yaml_error(pairs->yaml, mode,
					 "'mode: monitor' is for a default of drop: leave it out, "
					 "a default of allow drops nothing");
	return r;
}

/* Reads the current pair of the top level. */
static int key_read(struct reading *reading, struct policy_pairs *pairs)
{
	struct policy *policy = &reading->policy;
	enum policy_key_number key = (enum policy_key_number)(pairs->row - rows);
	int r;

	if (reading->failsafe && key != KEY_VERSION && key != KEY_RULES)
		return policy_yaml_error(pairs->yaml, pairs->key,
					 "'%s' is for policies: write only 'version' and 'rules' "
					 "here",
					 pairs->row->name);
	switch (key) {
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
		return default_read(pairs, policy);
	case KEY_RETURN:
		policy->return_mode = (enum policy_return)pairs->word;
		return 0;
	case KEY_FLOWS:
		return flows_read(pairs, &policy->flows);
	case KEY_GRACE:
		return grace_read(pairs, &policy->grace_seconds);
	case KEY_UNCONNECTED_UDP:
		policy->udp_clients = (enum policy_udp_clients)pairs->word;
		return 0;
	case KEY_SIMULTANEOUS_OPEN:
		policy->simultaneous_open = pairs->word == 0;
		return 0;
	case KEY_DHCP_CLIENT:
		policy->dhcp_client = pairs->word == 1;
		return 0;
	case KEY_SETS:
		return policy_sets_read(pairs, reading->host, policy);
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
	const struct policy_keys keys = {
		.where = reading->failsafe ? "the failsafe file" : "the policy",
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
	if (root->kind == POLICY_NODE_TEXT && (r = policy_space_missing(yaml, root)))
		return r;
	if (root->kind != POLICY_NODE_MAPPING)
		return policy_yaml_error(
			yaml, root,
			"the policy must be a mapping, as 'version: 1' and further keys");
	pairs = policy_pairs_of(yaml, root, &keys);
	while ((r = policy_pairs_next(&pairs)) > 0) {
		r = key_read(reading, &pairs);
		if (r && !policy_yaml_goes_on(yaml, r))
			return r;
	}
	if (!r && root->span < yaml->count) /* the text breaks off after the document */
		return policy_yaml_broken(yaml);
	return r;
}

/* Groups errors by file, then sorts by place. */
static int compare_places(const void *one, const void *other)
{
	const struct error *a = one, *b = other;
	int by_file = strcmp(a->file, b->file);

	if (by_file)
		return by_file;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

static int unknown_set(struct reading *reading, const struct policy_set_use *use)
{
	const struct policy *policy = &reading->policy;
	struct suggest suggest;

	if (reading->failsafe)
		return policy_yaml_error_at(&reading->yaml, use->place,
					    "failsafe rules name no sets: write the prefixes");
	suggest_start(&suggest, use->name, strlen(use->name));
	for (size_t i = 0; i < policy->sets_count; i++)
		suggest_offer(&suggest, policy->sets[i].name);
	return policy_yaml_error_at(&reading->yaml, use->place, "unknown set '%s'%s", use->name,
				    suggest_hint(&suggest, policy->sets_count
								   ? "see the key 'sets'"
								   : "the policy has no key 'sets'")
					    .text);
}

/* Gives the rules the members of their sets, which may come later in the text, and counts them. */
static int sets_resolve(struct reading *reading)
{
	_cleanup_policy_tally_ struct policy_tally tally = { 0 };
	struct policy *policy = &reading->policy;

	if (policy_tally_init(&tally, policy))
		return error_no_memory(reading->yaml.error);
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct policy_set_use *unknown = NULL;
		int r = policy_rule_resolve(policy, &policy->rules[i], &unknown);

		if (r == -ENOMEM)
			return error_no_memory(reading->yaml.error);
		if (r) {
			r = unknown_set(reading, unknown);
		} else {
			policy_tally_add(&tally, &policy->rules[i]);
			if (tally.prefixes > POLICY_PREFIXES_MAX)
				return policy_yaml_error_at(
					&reading->yaml, policy->rules[i].place,
					"the rules name more than %d prefixes: write shorter "
					"prefixes that hold several of them",
					POLICY_PREFIXES_MAX);
		}
		if (r && !policy_yaml_goes_on(&reading->yaml, r))
			return r;
	}
	return 0;
}

/* Reads the text in reading->yaml. */
static int read_text(struct reading *reading)
{
	struct policy_yaml *yaml = &reading->yaml;
	int r;

	if (yaml->size > POLICY_TEXT_MAX) {
		error_place(yaml->error, yaml->file, 0, 0);
		return error_set(yaml->error, EINVAL, EXIT_USAGE,
				 "the policy is larger than %d MiB", POLICY_TEXT_MAX >> 20);
	}
	r = policy_yaml_load(yaml);
	if (r)
		return r;
	if (hash_index_init(&reading->names, PORTSIEVE_RULES_MAX))
		return error_no_memory(yaml->error);
	if (yaml->not_yaml &&
	    !policy_prefix_unquoted(yaml, &yaml->nodes[yaml->count - 1], &yaml->broken))
		policy_star_unquoted(yaml, &yaml->nodes[yaml->count - 1], &yaml->broken);
	r = root_read(reading);
	if (!r && !reading->yaml.has_stopped)
		r = sets_resolve(reading);
	if (!r && errors_count(reading)) {
		yaml->has_stopped = true;
		r = -EINVAL;
	}
	return r ? r : order_rules(reading);
}

static int read_either(const char *text, size_t size, const char *file,
		       const struct policy_host *host, bool failsafe, struct policy *ret_policy,
		       struct policy_errors *errors, struct error *error)
{
	__attribute__((cleanup(reading_free))) struct reading reading = {
		.yaml = {
			.source = text,
			.size = size,
			.file = file,
			.error = error,
			.errors = errors,
			.nodes_max = NODES_MAX,
		},
		.host = host,
		.failsafe = failsafe,
	};
	int r;

	policy_init(&reading.policy);
	if (errors)
		errors->count = 0;
	r = read_text(&reading);
	if (r == -EINVAL && errors) {
		policy_yaml_goes_on(&reading.yaml, r);
		qsort(errors->list, errors->count, sizeof(errors->list[0]), compare_places);
	}
	if (r)
		return r;
	*ret_policy = reading.policy;
	policy_init(&reading.policy);
	return 0;
}

int policy_read(const char *text, size_t size, const char *file, const struct policy_host *host,
		struct policy *ret_policy, struct error *error)
{
	return read_either(text, size, file, host, false, ret_policy, NULL, error);
}

int policy_read_all(const char *text, size_t size, const char *file, const struct policy_host *host,
		    struct policy *ret_policy, struct policy_errors *errors, struct error *error)
{
	return read_either(text, size, file, host, false, ret_policy, errors, error);
}

int policy_failsafe_read(const char *text, size_t size, const char *file,
			 const struct policy_host *host, struct policy *ret_failsafe,
			 struct policy_errors *errors, struct error *error)
{
	return read_either(text, size, file, host, true, ret_failsafe, errors, error);
}

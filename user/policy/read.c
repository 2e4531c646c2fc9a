/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From YAML text to struct policy: the document and its top level. One rule is policy_rule.c, the
 * grammar of `ports` policy_ports.c, YAML itself policy_yaml.c.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/knobs.h"
#include "policy/policy.h"
#include "policy/read_mapping.h"
#include "policy/read_prefixes.h"
#include "policy/read_rules.h"
#include "policy/quote.h"

enum policy_key {
	KEY_VERSION,
	KEY_MODE,
	KEY_DEFAULT,
	KEY_RETURN,
	KEY_DHCP_CLIENT,
	KEY_RUNTIME,
	KEY_RULES,
	KEY_PORTLESS,
	POLICY_KEYS,
};

static const char *const key_names[POLICY_KEYS] = {
	[KEY_VERSION] = "version",
	[KEY_MODE] = "mode",
	[KEY_DEFAULT] = "default",
	[KEY_RETURN] = "return",
	[KEY_DHCP_CLIENT] = "dhcp_client",
	[KEY_RUNTIME] = "runtime",
	[KEY_RULES] = "rules",
	[KEY_PORTLESS] = "portless",
};

static const char *const actions[] = { [POLICY_ALLOW] = "allow", [POLICY_DROP] = "drop" };

static_assert((int)POLICY_KEYS_MAX >= (int)PORTSIEVE_KNOBS, "each knob has a key number");

struct reading {
	struct policy policy;
	struct policy_rules_reading rules;
};

static void reading_free(struct reading *reading)
{
	policy_rules_end(&reading->rules);
	policy_free(&reading->policy);
}

static int version_read(struct policy_yaml *yaml)
{
	POLICY_YAML_EVENT event = { 0 };
	int r = policy_text_read(yaml, "version", "write 'version: 1'", &event);

	if (r < 0)
		return r;

	const char *version = (const char *)event.data.scalar.value;

	if (strcmp(version, "1"))
		return policy_yaml_error(yaml, &event.start_mark,
					 "unknown version '%s' (write 'version: 1')",
					 policy_quote(version, event.data.scalar.length).text);
	return 0;
}

static int mode_read(struct policy_yaml *yaml, struct policy *policy)
{
	static const char *const modes[] = { "enforce", "monitor" };
	static const struct policy_words words = { "mode", "write enforce or monitor", modes, 2 };
	size_t choice = 0;
	int r = policy_choice_read(yaml, &words, &choice);

	policy->monitor = choice == 1;
	return r;
}

static int default_read(struct policy_yaml *yaml, struct policy *policy)
{
	static const struct policy_words words = { "default", "write allow or drop", actions, 2 };
	size_t choice = 0;
	int r = policy_choice_read(yaml, &words, &choice);

	policy->default_action = (enum policy_action)choice;
	return r;
}

static int dhcp_client_read(struct policy_yaml *yaml, struct policy *policy)
{
	static const char *const choices[] = { "off", "auto" };
	static const struct policy_words words = { "dhcp_client", "write auto or off", choices, 2 };
	size_t choice = 0;
	int r = policy_choice_read(yaml, &words, &choice);

	policy->dhcp_client = choice == 1;
	return r;
}

/* Checks the word; `none` is what there is. */
static int return_read(struct policy_yaml *yaml)
{
	static const char *const modes[] = { "none", "auto",	    "socket",
					     "flow", "socket+flow", "established" };
	static const struct policy_words words = { "return", "write none", modes, 6 };
	POLICY_YAML_EVENT event = { 0 };
	size_t choice = 0;
	int r = policy_text_read(yaml, words.key, words.right, &event);

	if (r < 0)
		return r;
	r = policy_choice_find(yaml, &words, &event, &choice);
	if (r < 0 || choice == 0)
		return r;
	return policy_yaml_error(yaml, &event.start_mark,
				 "return traffic look-up ('%s') is not there yet: "
				 "write 'return: none' or leave it out",
				 modes[choice]);
}

static int knob_read(struct policy_yaml *yaml, size_t knob, void *target)
{
	static const enum policy_choice choices[] = {
		[POLICY_ALLOW] = POLICY_CHOICE_ALLOW,
		[POLICY_DROP] = POLICY_CHOICE_DROP,
	};
	const struct policy_words words = {
		.key = knobs[knob].name,
		.right = "write allow or drop",
		.words = actions,
		.count = 2,
	};
	struct policy *policy = target;
	size_t action;
	int r = policy_choice_read(yaml, &words, &action);

	if (r < 0)
		return r;
	policy->knobs[knob] = choices[action];
	return 0;
}

static int portless_read(struct policy_yaml *yaml, struct policy *policy)
{
	const char *names[PORTSIEVE_KNOBS];
	const struct policy_keys keys = {
		.where = "'portless'",
		.names = names,
		.count = PORTSIEVE_KNOBS,
		.read = knob_read,
	};
	POLICY_YAML_EVENT start = { 0 };
	int r = policy_yaml_next(yaml, &start);

	if (r < 0 || policy_value_is_null(&start))
		return r;
	if (start.type != YAML_MAPPING_START_EVENT)
		return policy_value_refuse(yaml, &start, "portless",
					   "write a mapping such as {later_fragment: allow}");
	for (size_t knob = 0; knob < PORTSIEVE_KNOBS; knob++)
		names[knob] = knobs[knob].name;
	return policy_mapping_read(yaml, &start, &keys, policy);
}

static int value_read(struct policy_yaml *yaml, size_t key, void *target)
{
	struct reading *reading = target;
	struct policy *policy = &reading->policy;

	switch ((enum policy_key)key) {
	case KEY_VERSION:
		return version_read(yaml);
	case KEY_MODE:
		return mode_read(yaml, policy);
	case KEY_DEFAULT:
		return default_read(yaml, policy);
	case KEY_RETURN:
		return return_read(yaml);
	case KEY_DHCP_CLIENT:
		return dhcp_client_read(yaml, policy);
	case KEY_RUNTIME:
		policy->names_runtime = true;
		return policy_rules_read(yaml, &reading->rules, key_names[key], true);
	case KEY_RULES:
		return policy_rules_read(yaml, &reading->rules, key_names[key], false);
	case KEY_PORTLESS:
		return portless_read(yaml, policy);
	default:
		return -EINVAL;
	}
}

static int empty_error(struct policy_yaml *yaml)
{
	return policy_yaml_error_at(yaml, (struct policy_place){ 1, 1 },
				    "the policy is empty: it needs at least 'version: 1'");
}

/* The node of the one document. */
static int root_read(struct policy_yaml *yaml, struct reading *reading)
{
	static const struct policy_keys keys = {
		.where = "the policy",
		.names = key_names,
		.count = POLICY_KEYS,
		.required = 1 << KEY_VERSION,
		.read = value_read,
	};
	POLICY_YAML_EVENT root = { 0 };
	int r = policy_yaml_next(yaml, &root);

	if (r < 0)
		return r;
	if (policy_value_is_null(&root))
		return empty_error(yaml);
	if (root.type != YAML_MAPPING_START_EVENT)
		return policy_yaml_error(
			yaml, &root.start_mark,
			"the policy must be a mapping, as 'version: 1' and further keys");
	return policy_mapping_read(yaml, &root, &keys, reading);
}

static int document_read(struct policy_yaml *yaml, struct reading *reading)
{
	POLICY_YAML_EVENT stream = { 0 }, document = { 0 }, end = { 0 }, rest = { 0 };
	int r = policy_yaml_next(yaml, &stream);

	if (r == 0)
		r = policy_yaml_next(yaml, &document);
	if (r < 0)
		return r;
	if (document.type == YAML_STREAM_END_EVENT)
		return empty_error(yaml);
	r = root_read(yaml, reading);
	if (r == 0)
		r = policy_yaml_next(yaml, &end);
	if (r == 0)
		r = policy_yaml_next(yaml, &rest);
	if (r < 0)
		return r;
	if (rest.type != YAML_STREAM_END_EVENT)
		return policy_yaml_error(yaml, &rest.start_mark,
					 "a second YAML document: a policy is one");
	return 0;
}

int policy_read(const char *text, size_t size, const char *file, const struct policy_host *host,
		struct policy *ret_policy, struct error *error)
{
	__attribute__((cleanup(reading_free))) struct reading reading = { 0 };
	__attribute__((cleanup(policy_yaml_close))) struct policy_yaml yaml = { .file = file,
										.error = error };
	int r;

	policy_init(&reading.policy);
	if (size > POLICY_TEXT_MAX) {
		error_place(error, file, 0, 0);
		return error_set(error, EINVAL, EXIT_USAGE, "the policy is larger than %d MiB",
				 POLICY_TEXT_MAX >> 20);
	}
	if (policy_rules_begin(&reading.rules, &reading.policy, host))
		return policy_yaml_no_memory(&yaml);
	r = policy_yaml_open(&yaml, text, size, file, error);
	if (r == 0)
		r = document_read(&yaml, &reading);
	if (r == -EINVAL &&
	    (yaml.parser.error == YAML_SCANNER_ERROR || yaml.parser.error == YAML_PARSER_ERROR))
		policy_prefixes_unquoted(&yaml, &yaml.parser.problem_mark);
	if (r == 0)
		r = policy_rules_order(&yaml, &reading.rules);
	if (r < 0)
		return r;
	*ret_policy = reading.policy;
	policy_init(&reading.policy);
	return 0;
}

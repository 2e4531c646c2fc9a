/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve allow, drop, delete: runtime rules, which come before the rules of the policy file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/input.h"
#include "base/log.h"
#include "commands/command.h"
#include "control/cut.h"
#include "control/device_groups.h"
#include "control/device_note.h"
#include "policy/rule_names.h"
#include "policy/runtime_words.h"
#include "print/json.h"
#include "print/runtime.h"

struct runtime_change {
	const struct settings *settings;

	/* Sets group->left_out if there is nothing to do. */
	int (*edit)(struct runtime_change *change, struct device_group *group, struct error *error);

	struct datapath datapath;
	struct device_groups groups;

	/* `allow` and `drop`: the rules to add; `delete`: those that any group had. */
	struct policy_rule *rules;
	size_t count;
	struct policy_host host;

	/* `allow` and `drop`: */
	size_t renewed; /* of the rules, in the group where most were */

	/* `delete`: */
	struct policy_runtime_choice choice;
	struct word_list *deleted; /* the names, by group */
};

static void change_free(struct runtime_change *change)
{
	for (size_t i = 0; i < change->count; i++)
		policy_rule_free(&change->rules[i]);
	free(change->rules);
	free(change->deleted);
	device_groups_free(&change->groups);
	datapath_close(&change->datapath);
}
#define _cleanup_change_ __attribute__((cleanup(change_free)))

/* Takes the lock and reads the policies in force. */
static int open_groups(struct runtime_change *change, struct error *error)
{
	const struct settings *settings = change->settings;
	struct device_groups *groups = &change->groups;
	int r = datapath_open(DATAPATH_WRITE, log_note, &change->datapath, error);

	if (r)
		return r;
	r = device_groups_find(&change->datapath, settings->devices, settings->devices_count,
			       groups, error);
	if (r)
		return r;
	for (size_t i = 0; i < groups->count; i++) {
		struct device_group *group = &groups->list[i];

		group->ruleset = &group->own;
		if (!device_group_is_live(group))
			continue;
		r = ruleset_read_live(&change->datapath, &group->devices[0], &group->own, error);
		if (r)
			return r;
	}
	return 0;
}

/*
 * Edits and compiles the group's policy. The change must not cut the ssh session (NULL: no check),
 * unless the policy in force cuts it already, now or after its rules have ended.
 */
static int prepare_group(struct runtime_change *change, struct device_group *group,
			 const struct ssh_session *session, struct error *error)
{
	struct policy *policy = &group->own.file.policy;
	uint64_t now_ns = (uint64_t)group->own.file.host.boottime_ns;
	bool passes = session && ssh_session_passes(session, policy, now_ns);
	bool for_good = passes && ssh_session_passes(session, policy, SSH_SESSION_FOR_GOOD);
	int r;

	group->only_counted = policy_file_only_counts(&group->own.file);
	group->own.adds_rules = !change->deleted;
	r = change->edit(change, group, error);
	if (r || group->left_out)
		return r;
	r = device_group_check_waiting(group, error);
	if (r)
		return r;
	r = ruleset_compile(&group->own, error);
	if (r)
		return r;
	if (change->settings->cut)
		cut_end_grace(group->own.image);
	if (!passes)
		return 0;
	return device_group_check_session(group, session, for_good, error);
}

/* Prepares all groups before the first is changed. */
static int prepare_groups(struct runtime_change *change, struct error *error)
{
	struct device_groups *groups = &change->groups;
	struct ssh_session session;
	bool checks_session = !change->settings->force && ssh_session_find(&session);

	for (size_t i = 0; i < groups->count; i++) {
		struct device_group *group = &groups->list[i];

		if (device_group_is_live(group) &&
		    prepare_group(change, group, checks_session ? &session : NULL, error)) {
			device_groups_prefix(groups, group, error);
			return -1;
		}
	}
	return 0;
}

/* Changes all groups, and notes where dropping begins or ends: without a policy file, nothing
 * drops. */
static enum exit_code change_groups(struct runtime_change *change)
{
	enum exit_code code =
		device_groups_change(&change->datapath, &change->groups, device_group_apply);

	for (size_t i = 0; i < change->groups.count; i++) {
		const struct device_group *group = &change->groups.list[i];
		bool only_counts = policy_file_only_counts(&group->own.file);

		if (group->left_out || !group->own.image)
			continue;
		if (group->only_counted && !only_counts)
			log_note_format(
				"%s: no policy was loaded; created one (mode enforce, default "
				"allow), which also drops malformed packets",
				device_group_names(group).text);
		else if (!group->only_counted && only_counts)
			log_note_format("%s: no rule that drops is left: packets are only counted",
					device_group_names(group).text);
	}
	return code;
}

static bool is_any_changed(const struct device_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		if (!groups->list[i].left_out)
			return true;
	return false;
}

/* result: of the devices that were changed. */
static int print_change(const struct runtime_change *change, const char *result)
{
	json_object *document = json_document();
	json_object *rules = json_object_new_array();

	for (size_t i = 0; i < change->count; i++) {
		json_object *row = json_object_new_object();

		json_object_object_add(row, "name", json_object_new_string(change->rules[i].name));
		json_add_runtime_rule(row, &change->rules[i], &change->host);
		json_object_array_add(rules, row);
	}
	json_object_object_add(document, "devices", device_groups_json(&change->groups, result));
	json_object_object_add(document, "rules", rules);
	return print_json(document);
}

static int add_rules(struct runtime_change *change, struct device_group *group, struct error *error)
{
	struct policy_file *file = &group->own.file;
	int r = policy_runtime_add(&file->policy, change->rules, change->count, &file->host,
				   &group->renewed, error);

	if (group->renewed > change->renewed)
		change->renewed = group->renewed;
	return r;
}

/* The rules get names that fit all groups: no group may have a different rule of that name. */
static int choose_names(struct runtime_change *change, struct error *error)
{
	const struct device_groups *groups = &change->groups;
	_cleanup_free_ const struct policy **policies =
		calloc(groups->count + 1, sizeof(*policies));
	size_t count = 0;

	for (size_t i = 0; policies && i < groups->count; i++)
		if (device_group_is_live(&groups->list[i]))
			policies[count++] = &groups->list[i].own.file.policy;
	if (!policies || runtime_rules_number(change->rules, &change->count, policies, count))
		return error_no_memory(error);
	return 0;
}

static void note_devices(const struct device_group *group, const char *done, const char *follows)
{
	for (size_t i = 0; i < group->count; i++)
		device_note(&group->devices[i], done, follows);
}

static void note_added(const struct runtime_change *change)
{
	for (size_t i = 0; i < change->groups.count; i++) {
		const struct device_group *group = &change->groups.list[i];
		_cleanup_free_ char *follows = NULL;

		if (group->left_out)
			continue;
		follows = runtime_rules_text(change->rules, change->count, &change->host,
					     group->own.file.policy.monitor);
		note_devices(group, runtime_rules_done(change->count, group->renewed).text,
			     follows ? follows : "");
	}
}

static uint64_t end_of(const struct runtime_change *change)
{
	return change->settings->for_seconds ? (uint64_t)change->host.boottime_ns +
						       change->settings->for_seconds * SECOND_NS
					     : 0;
}

static int read_file(const struct runtime_words *words, struct runtime_change *change,
		     struct error *error)
{
	const char *name = input_name(change->settings->file);
	struct policy_text read = { 0 };
	int r = policy_text_read(change->settings->file, "list", &read, error);
	_cleanup_free_ char *text = read.text;

	if (r)
		return r;
	if (read.size > POLICY_TEXT_MAX)
		return error_set(error, E2BIG, EXIT_USAGE, "%s is larger than %d MiB", name,
				 POLICY_TEXT_MAX >> 20);
	return runtime_list_read(text, read.size, name, words, &change->host, log_error,
				 &change->rules, &change->count, error);
}

/* The operands in two lists: prefixes, after those of --from, and the words of ports. */
struct operands {
	const char **from, **ports;
	size_t from_count, ports_count;
};

static void operands_free(struct operands *operands)
{
	free(operands->from);
	free(operands->ports);
}

static int operands_divide(const struct settings *settings, struct operands *ret_operands,
			   struct error *error)
{
	ret_operands->from =
		calloc(settings->from.count + settings->operands_count + 1, sizeof(const char *));
	ret_operands->ports = calloc(settings->operands_count + 1, sizeof(const char *));
	if (!ret_operands->from || !ret_operands->ports)
		return error_no_memory(error);
	for (size_t i = 0; i < settings->from.count; i++)
		ret_operands->from[ret_operands->from_count++] = settings->from.list[i];
	for (size_t i = 0; i < settings->operands_count; i++)
		if (runtime_word_is_prefix(settings->operands[i]))
			ret_operands->from[ret_operands->from_count++] = settings->operands[i];
		else
			ret_operands->ports[ret_operands->ports_count++] = settings->operands[i];
	return 0;
}

/* Reads the rules from the arguments, or from the file that they name. */
static int read_rules(enum policy_action action, struct runtime_change *change, struct error *error)
{
	const struct settings *settings = change->settings;
	__attribute__((cleanup(operands_free))) struct operands operands = { 0 };
	struct runtime_words words = {
		.action = action,
		.to = settings->to.list,
		.to_count = settings->to.count,
		.name = settings->name,
		.until_ns = end_of(change),
	};
	int r = operands_divide(settings, &operands, error);

	if (r)
		return r;
	words.ports = operands.ports;
	words.ports_count = operands.ports_count;
	words.from = operands.from;
	words.from_count = operands.from_count;
	if (settings->file && (words.from_count || settings->name))
		return error_set(error, EINVAL, EXIT_USAGE,
				 "--%s is for one rule: leave it out with --file, which has a rule "
				 "for each line",
				 settings->name ? "name" : "from");
	if (settings->file)
		return read_file(&words, change, error);
	if (!words.ports_count && !words.from_count && !words.to_count)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "%s: PORTS, PREFIX or --file is missing; see: portsieve %s --help",
				 action == POLICY_DROP ? "drop" : "allow",
				 action == POLICY_DROP ? "drop" : "allow");
	change->rules = calloc(1, sizeof(*change->rules));
	if (!change->rules)
		return error_no_memory(error);
	r = runtime_rule_read(&words, &change->host, &change->rules[0], error);
	change->count = !r;
	return r;
}

/* Says so; JSON lists no devices. */
static enum exit_code change_nothing(struct runtime_change *change, const char *note)
{
	log_note(note);
	for (size_t i = 0; i < change->groups.count; i++)
		change->groups.list[i].left_out = true;
	return change->settings->json && print_change(change, "") ? EXIT_FAILED : EXIT_DONE;
}

static enum exit_code add(enum policy_action action, const struct settings *settings,
			  struct error *error)
{
	_cleanup_change_ struct runtime_change change = {
		.settings = settings,
		.edit = add_rules,
		.datapath = DATAPATH_CLOSED,
	};
	enum exit_code code;

	policy_host_read(&change.host);
	if (read_rules(action, &change, error) || (settings->cut && cut_available(error)) ||
	    open_groups(&change, error))
		return error->exit;
	policy_host_read(&change.host); /* again: waiting for the lock takes time */
	for (size_t i = 0; i < change.count; i++)
		change.rules[i].until_ns = end_of(&change);
	if (!change.count)
		return change_nothing(&change, "the file has no rules: nothing to do");
	if ((!settings->name && choose_names(&change, error)) || prepare_groups(&change, error))
		return error->exit;
	code = change_groups(&change);
	if (!is_any_changed(&change.groups))
		return code;
	note_added(&change);
	if (settings->cut)
		code = cut_connections(&change.datapath, &change.groups, code);
	if (settings->json &&
	    print_change(&change, change.renewed == change.count ? "renewed" : "added"))
		return EXIT_FAILED;
	return code;
}

static enum exit_code allow(const struct settings *settings, struct error *error)
{
	return add(POLICY_ALLOW, settings, error);
}

static enum exit_code drop(const struct settings *settings, struct error *error)
{
	return add(POLICY_DROP, settings, error);
}

/* Takes the rules over into those of the change, unless it has one of that name. */
static int collect_rules(struct runtime_change *change, struct policy_rule *rules, size_t count)
{
	_cleanup_rule_names_ struct rule_names names = { 0 };
	struct policy_rule *all =
		reallocarray(change->rules, change->count + count + 1, sizeof(*all));
	size_t before = change->count;

	if (!all || rule_names_init(&names, before))
		return -ENOMEM;
	change->rules = all;
	for (size_t i = 0; i < before; i++)
		rule_names_add(&names, &all[i]);
	for (size_t i = 0; i < count; i++) {
		if (rule_names_find(&names, rules[i].name)) {
			policy_rule_free(&rules[i]);
			continue;
		}
		all[change->count++] = rules[i];
	}
	return 0;
}

static int remove_rules(struct runtime_change *change, struct device_group *group,
			struct error *error)
{
	_cleanup_free_ struct policy_rule *removed = NULL;
	size_t count = 0;

	if (policy_runtime_remove(&group->own.file.policy, &change->choice, &removed, &count))
		return error_no_memory(error);
	group->left_out = !count;
	change->deleted[group - change->groups.list] = runtime_rule_names(removed, count);
	return collect_rules(change, removed, count) ? error_no_memory(error) : 0;
}

/* The policy of the first group that can be read, or NULL. */
static const struct policy *first_policy(const struct device_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		if (device_group_is_live(&groups->list[i]))
			return &groups->list[i].own.file.policy;
	return NULL;
}

/* Does any group have a rule of the choice? */
static bool is_in_force(const struct device_groups *groups,
			const struct policy_runtime_choice *choice)
{
	for (size_t i = 0; i < groups->count; i++)
		if (device_group_is_live(&groups->list[i]) &&
		    policy_runtime_has(&groups->list[i].own.file.policy, choice))
			return true;
	return false;
}

/* Refuses names and prefixes of which no group has a rule. Logs all of these but the last. */
static int check_choice(const struct runtime_change *change, struct error *error)
{
	const struct policy_runtime_choice *choice = &change->choice;
	const struct device_groups *groups = &change->groups;
	const struct policy *policy = first_policy(groups);
	int r = 0;

	for (size_t i = 0; policy && i < choice->names_count + choice->from_count; i++) {
		size_t p = i - choice->names_count;
		struct policy_runtime_choice one = { 0 };

		if (i < choice->names_count)
			one = (struct policy_runtime_choice){ .names = &choice->names[i],
							      .names_count = 1 };
		else
			one = (struct policy_runtime_choice){ .from = &choice->from[p],
							      .from_count = 1 };
		if (is_in_force(groups, &one))
			continue;
		if (r)
			log_error(error);
		r = one.names ? policy_runtime_refuse_name(policy, one.names[0], error)
			      : policy_runtime_refuse_from(policy, one.from, error);
		if (change->settings->devices_count)
			error_prefix(error, device_groups_names(groups).text);
	}
	return r;
}

static enum exit_code delete_chosen(struct runtime_change *change, struct error *error)
{
	const struct device_groups *groups = &change->groups;
	enum exit_code code;
	bool is_readable;

	if (open_groups(change, error) || check_choice(change, error))
		return error->exit;
	is_readable = first_policy(groups);
	change->deleted = calloc(groups->count + 1, sizeof(*change->deleted));
	if (!change->deleted) {
		error_no_memory(error);
		return error->exit;
	}
	policy_host_read(&change->host);
	if (prepare_groups(change, error))
		return error->exit;
	if (!change->count && is_readable)
		return change_nothing(change, "no runtime rule is in force: nothing to delete");
	code = change_groups(change);
	for (size_t i = 0; i < groups->count; i++)
		if (!groups->list[i].left_out)
			note_devices(&groups->list[i], "deleted", change->deleted[i].text);
	if (change->settings->json && is_any_changed(groups) && print_change(change, "deleted"))
		return EXIT_FAILED;
	return code;
}

static enum exit_code delete_rules(const struct settings *settings, struct error *error)
{
	struct policy_prefixes from __attribute__((cleanup(policy_prefixes_free))) = { 0 };
	_cleanup_change_ struct runtime_change change = {
		.settings = settings,
		.edit = remove_rules,
		.datapath = DATAPATH_CLOSED,
		.choice = { .names = settings->operands,
			    .names_count = settings->operands_count,
			    .all = settings->all },
	};
	bool some = settings->operands_count || settings->from.count;

	if (settings->all && some)
		error_set(error, EINVAL, EXIT_USAGE,
			  "delete: --all deletes all runtime rules: leave out %s",
			  settings->operands_count ? "the names" : "--from");
	else if (!settings->all && !some)
		error_set(error, EINVAL, EXIT_USAGE,
			  "delete: NAME, --from or --all is missing; see: portsieve delete --help");
	else if (!runtime_prefixes_read("--from", settings->from.list, settings->from.count, &from,
					error)) {
		change.choice.from = from.list;
		change.choice.from_count = from.count;
		return delete_chosen(&change, error);
	}
	return error->exit;
}
#define ADDING_OPTIONS                                                                             \
	&option_name, &option_from, &option_to, &option_file, &option_for, &option_dev
#define ADDING_DETAILS                                                                             \
	"The rule comes before all others, takes effect by one atomic change, and lasts until "    \
	"its end, until\n"                                                                         \
	"`delete`, or until the device is unloaded. The same command again renews the end. PORTS " \
	"is written\n"                                                                             \
	"as in a policy: tcp/80,443 udp/27000-27100 tcp/mysql. PREFIX is short for --from. "       \
	"Without PORTS,\n"                                                                         \
	"the rule is for all IP packets of its addresses. With --file, the rules of all lines "    \
	"take effect by\n"                                                                         \
	"one change; PORTS is for lines without ports. `save` makes rules permanent."

const struct command command_allow = {
	.name = "allow",
	.operands = "[PORTS|PREFIX]...",
	.operands_max = -1,
	.summary = "Allow ports at once, for a while or until `delete`",
	.details = ADDING_DETAILS,
	.options = { ADDING_OPTIONS, &option_force, &option_quiet, &option_json },
	.changes = true,
	.run = allow,
};

const struct command command_drop = {
	.name = "drop",
	.operands = "[PORTS|PREFIX]...",
	.operands_max = -1,
	.summary = "Drop ports at once, for a while or until `delete`",
	.details = ADDING_DETAILS,
	.options = { ADDING_OPTIONS, &option_cut, &option_force, &option_quiet, &option_json },
	.changes = true,
	.run = drop,
};

const struct command command_delete = {
	.name = "delete",
	.operands = "[NAME]...",
	.operands_max = -1,
	.summary = "Delete runtime rules, added by `allow` or `drop`",
	.options = { &option_delete_from, &option_all_rules, &option_dev, &option_force,
		     &option_quiet, &option_json },
	.changes = true,
	.run = delete_rules,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve allow, drop, delete: runtime rules, which come before the rules of the policy file. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/log.h"
#include "commands/command.h"
#include "control/device_groups.h"
#include "policy/runtime_words.h"
#include "print/json.h"
#include "print/runtime.h"

struct runtime_change {
	const struct settings *settings;

	/* -ENOENT: the group has no such rule, and is left out. */
	int (*edit)(struct runtime_change *change, struct policy *policy,
		    const struct policy_host *host, struct error *error);

	struct datapath datapath;
	struct device_groups groups;

	/* `delete`: */
	const char *deleted;

	/* `allow` and `drop`: */
	struct runtime_words words;
	struct policy_host host;
	bool monitors; /* some group is in monitor mode */
	bool drops;    /* some group is not */
	bool renewed;
};

static void change_free(struct runtime_change *change)
{
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
	r = change->edit(change, policy, &group->own.file.host, error);
	if (r)
		return r;
	r = device_group_check_waiting(group, error);
	if (r)
		return r;
	r = ruleset_compile(&group->own, error);
	if (r || !passes)
		return r;
	return device_group_check_session(group, session, for_good, error);
}

/* Prepares all groups before it changes the first. Fails with -ENOENT if no group has the rule. */
static int prepare_groups(struct runtime_change *change, struct error *error)
{
	struct device_groups *groups = &change->groups;
	struct ssh_session session;
	bool checks_session = !change->settings->force && ssh_session_find(&session);
	struct error missing = { 0 };
	size_t ready = 0;

	for (size_t i = 0; i < groups->count; i++) {
		struct device_group *group = &groups->list[i];
		int r;

		if (!device_group_is_live(group))
			continue;
		r = prepare_group(change, group, checks_session ? &session : NULL, error);
		if (r && r != -ENOENT) {
			device_groups_prefix(groups, group, error);
			return r;
		}
		group->left_out = r;
		ready += !r;
		if (r && !missing.text[0]) {
			missing = *error;
			if (change->settings->devices_count)
				error_prefix(&missing, device_group_names(group).text);
		}
	}
	if (!ready && missing.text[0]) {
		*error = missing;
		return -ENOENT;
	}
	*error = (struct error){ .exit = EXIT_FAILED };
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

/* {"rule":NAME, ..., "devices":[...]}; `rule` is NULL for a deleted one. */
static int print_change(const struct runtime_change *change, const char *name,
			const struct policy_rule *rule)
{
	const struct device_groups *groups = &change->groups;
	json_object *document = json_document();
	json_object *devices = json_object_new_array();

	json_object_object_add(document, "rule", json_object_new_string(name));
	if (rule)
		json_add_runtime_rule(document, rule, &change->host);
	for (size_t i = 0; i < groups->count; i++)
		for (size_t d = 0; !groups->list[i].left_out && d < groups->list[i].count; d++)
			json_object_array_add(devices,
					      json_printable(groups->list[i].devices[d].name));
	json_object_object_add(document, "devices", devices);
	return print_json(document);
}

/* Each group's policy gets its own copy of the rule. */
static int add_rule(struct runtime_change *change, struct policy *policy,
		    const struct policy_host *host, struct error *error)
{
	struct policy_rule rule __attribute__((cleanup(policy_rule_free))) = { 0 };
	int r;

	if (policy->monitor)
		change->monitors = true;
	else
		change->drops = true;
	r = runtime_rule_read(&change->words, host, &rule, error);
	if (r)
		return r;
	return policy_runtime_add(policy, &rule, &change->renewed, error);
}

/* Chooses one name for all groups: no group may have a different rule of that name. */
static void choose_name(struct policy_rule *rule, const struct device_groups *groups)
{
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
	unsigned int number = 1, before;

	memcpy(name, rule->name, sizeof(name));
	do {
		before = number;
		for (size_t i = 0; i < groups->count; i++)
			if (device_group_is_live(&groups->list[i]))
				number = runtime_rule_number(rule, name, number,
							     &groups->list[i].own.file.policy);
	} while (number != before);
}

/* Names the devices unless the rule was added on all that are loaded. */
static void note_added(const struct runtime_change *change, const struct policy_rule *rule)
{
	_cleanup_free_ char *text =
		runtime_rule_text(rule, &change->host, change->monitors && !change->drops);
	bool everywhere = !change->settings->devices_count;

	for (size_t i = 0; i < change->groups.count; i++)
		everywhere = everywhere && !change->groups.list[i].left_out;
	if (text)
		log_note_format("%s%s%s: %s%s",
				everywhere ? "" : device_groups_names(&change->groups).text,
				everywhere ? "" : ": ", rule->name,
				change->renewed ? "renewed: " : "", text);
	if (!change->drops || rule->action != POLICY_DROP)
		return;
	for (size_t i = 0; i < change->groups.count; i++) {
		const struct device_group *group = &change->groups.list[i];

		if (!group->left_out && group->own.image && group->own.file.policy.monitor)
			log_note_format("%s: the policy is in monitor mode: nothing is dropped",
					device_group_names(group).text);
	}
}

static void set_end(struct runtime_change *change)
{
	policy_host_read(&change->host);
	if (change->settings->for_seconds)
		change->words.until_ns = (uint64_t)change->host.boottime_ns +
					 change->settings->for_seconds * SECOND_NS;
}

static enum exit_code add(enum policy_action action, const struct settings *settings,
			  struct error *error)
{
	_cleanup_change_ struct runtime_change change = {
		.settings = settings,
		.edit = add_rule,
		.datapath = DATAPATH_CLOSED,
		.words = { .action = action,
			   .ports = settings->operands,
			   .ports_count = settings->operands_count,
			   .from = settings->from,
			   .from_count = settings->from_count,
			   .name = settings->name },
	};
	struct policy_rule rule __attribute__((cleanup(policy_rule_free))) = { 0 };
	enum exit_code code;

	set_end(&change);
	if (runtime_rule_read(&change.words, &change.host, &rule, error) ||
	    open_groups(&change, error))
		return error->exit;
	set_end(&change); /* again: waiting for the lock takes time */
	rule.until_ns = change.words.until_ns;
	if (!settings->name)
		choose_name(&rule, &change.groups);
	change.words.name = rule.name;
	if (prepare_groups(&change, error))
		return error->exit;
	code = change_groups(&change);
	if (!is_any_changed(&change.groups))
		return code;
	note_added(&change, &rule);
	if (settings->json && print_change(&change, rule.name, &rule))
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

static int remove_rule(struct runtime_change *change, struct policy *policy,
		       const struct policy_host *host, struct error *error)
{
	(void)host;
	return policy_runtime_remove(policy, change->deleted, error);
}

static enum exit_code delete_rule(const struct settings *settings, struct error *error)
{
	_cleanup_change_ struct runtime_change change = {
		.settings = settings,
		.edit = remove_rule,
		.datapath = DATAPATH_CLOSED,
		.deleted = settings->operands[0],
	};
	enum exit_code code;

	if (open_groups(&change, error) || prepare_groups(&change, error))
		return error->exit;
	code = change_groups(&change);
	for (size_t i = 0; i < change.groups.count; i++)
		if (!change.groups.list[i].left_out)
			log_note_format("%s: the rule is deleted",
					device_group_names(&change.groups.list[i]).text);
	if (settings->json && is_any_changed(&change.groups) &&
	    print_change(&change, settings->operands[0], NULL))
		return EXIT_FAILED;
	return code;
}

#define ADDING_OPTIONS                                                                             \
	{                                                                                          \
		&option_name, &option_from, &option_for, &option_dev, &option_force, &option_json  \
	}
#define ADDING_DETAILS                                                                             \
	"The rule comes before all others, takes effect by one atomic change, and lasts until "    \
	"its end, until\n"                                                                         \
	"`delete`, or until the device is unloaded. The same command again renews the end. PORTS " \
	"is written\n"                                                                             \
	"as in a policy: tcp/80,443 udp/27000-27100 tcp/mysql"

const struct command command_allow = {
	.name = "allow",
	.operands = "PORTS...",
	.operands_min = 1,
	.operands_max = -1,
	.summary = "Allow ports at once, for a while or until `delete`",
	.details = ADDING_DETAILS,
	.options = ADDING_OPTIONS,
	.changes = true,
	.run = allow,
};

const struct command command_drop = {
	.name = "drop",
	.operands = "PORTS...",
	.operands_min = 1,
	.operands_max = -1,
	.summary = "Drop ports at once, for a while or until `delete`",
	.details = ADDING_DETAILS,
	.options = ADDING_OPTIONS,
	.changes = true,
	.run = drop,
};

const struct command command_delete = {
	.name = "delete",
	.operands = "NAME",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Delete a runtime rule, added by `allow` or `drop`",
	.options = { &option_dev, &option_force, &option_json },
	.changes = true,
	.run = delete_rule,
};

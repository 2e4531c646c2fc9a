/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve allow, portsieve drop, portsieve delete: rules put before those of the policy in force.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device_groups.h"
#include "base/deadline.h"
#include "base/cleanup.h"
#include "commands/command.h"
#include "base/log.h"

#include "print/json.h"
#include "print/runtime.h"
#include "policy/runtime_words.h"

/* Changes one group's policy, by what the host was when it was applied; `context` is the caller's.
 */
typedef int change_fn(struct policy *policy, const struct policy_host *host, void *context,
		      struct error *error);

static void note(const char *subject, const char *text)
{
	_cleanup_free_ char *line = NULL;

	if (asprintf(&line, "%s: %s", subject, text) >= 0)
		log_note(line);
}

static int read_live_groups(const struct datapath *datapath, struct device_groups *groups,
			    struct error *error)
{
	int r = 0;

	for (size_t i = 0; !r && i < groups->count; i++) {
		struct device_group *group = &groups->list[i];

		group->ruleset = &group->own;
		if (device_group_is_live(group))
			r = ruleset_read_live(datapath, &group->devices[0], &group->own, error);
	}
	return r;
}

/* What a first dropping rule makes of a load without a policy file, and what its deletion does. */
static void note_mode(const struct device_group *group)
{
	bool only_counts = ruleset_only_counts(&group->own);

	if (group->left_out || !group->own.image)
		return;
	if (group->only_counted && !only_counts)
		note(device_group_names(group).text,
		     "no policy was loaded; from now on one is in force (mode enforce, default "
		     "allow), which drops malformed packets too");
	else if (!group->only_counted && only_counts)
		note(device_group_names(group).text,
		     "no rule is left that drops: packets are counted, none is dropped");
}

/*
 * Makes the group's coming policy. A session that the policy in force does not pass, now or for
 * good, cannot be cut by the change.
 */
static int ready_group(struct device_group *group, change_fn *change, void *context,
		       const struct ssh_session *session, struct error *error)
{
	struct policy *policy = &group->own.file.policy;
	uint64_t now_ns = (uint64_t)group->own.file.host.boottime_ns;
	bool can_cut = session && ssh_session_passes(session, policy, now_ns);
	bool for_good = can_cut && ssh_session_passes(session, policy, SSH_SESSION_FOR_GOOD);
	int r;

	group->only_counted = ruleset_only_counts(&group->own);
	r = change(policy, &group->own.file.host, context, error);
	if (!r)
		r = device_group_check_waiting(group, error);
	if (!r)
		r = ruleset_compile(&group->own, error);
	if (!r && can_cut)
		r = device_group_check_session(group, session, for_good, error);
	return r;
}

/* Readies all groups, and only then changes them. -ENOENT in all of them, or any other error, ends
 * it. */
static enum exit_code change_groups(const struct datapath *datapath,
				    const struct settings *settings, struct device_groups *groups,
				    change_fn *change, void *context, struct error *error)
{
	struct ssh_session session;
	bool checks_session = !settings->force && ssh_session_find(&session);
	struct error missing = { 0 };
	enum exit_code code;
	size_t ready = 0;

	for (size_t i = 0; i < groups->count; i++) {
		struct device_group *group = &groups->list[i];
		int r = -ENOENT;

		if (!device_group_is_live(group))
			continue;
		r = ready_group(group, change, context, checks_session ? &session : NULL, error);
		if (r && r != -ENOENT) {
			device_groups_prefix(groups, group, error);
			return error->exit;
		}
		group->left_out = r == -ENOENT;
		if (group->left_out && !missing.text[0]) {
			missing = *error;
			if (settings->devices_count)
				error_prefix(&missing, device_group_names(group).text);
		}
		ready += !group->left_out;
	}
	*error = (struct error){ .exit = EXIT_FAILED };
	if (!ready && missing.text[0]) {
		*error = missing;
		return error->exit;
	}
	code = device_groups_change(datapath, groups, device_group_apply);
	for (size_t i = 0; i < groups->count; i++)
		note_mode(&groups->list[i]);
	return code;
}

static void json_add_devices(json_object *document, const struct device_groups *groups)
{
	json_object *names = json_object_new_array();

	for (size_t i = 0; i < groups->count; i++)
		for (size_t d = 0; !groups->list[i].left_out && d < groups->list[i].count; d++)
			json_object_array_add(
				names, json_object_new_string(groups->list[i].devices[d].name));
	json_object_object_add(document, "devices", names);
}

/* One name for all groups: no group may have a rule of that name which says something else. */
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

struct addition {
	struct runtime_words words;
	struct policy_host host;
	bool monitors; /* in some group */
	bool drops;    /* in some group */
	bool renewed;
};

/* Each group's policy gets a rule of its own, which it owns. */
static int add_rule(struct policy *policy, const struct policy_host *host, void *context,
		    struct error *error)
{
	struct addition *addition = context;
	struct policy_rule rule = { 0 };
	int r = runtime_rule_read(&addition->words, host, &rule, error);

	if (!r)
		r = policy_runtime_add(policy, &rule, &addition->renewed, error);
	policy_rule_free(&rule);
	if (policy->monitor)
		addition->monitors = true;
	else
		addition->drops = true;
	return r;
}

/* Where some devices drop and others do not. */
static void note_monitors(const struct addition *addition, const struct device_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		const struct device_group *group = &groups->list[i];

		if (!group->left_out && group->own.image && group->own.file.policy.monitor &&
		    addition->drops && addition->words.action == POLICY_DROP)
			note(device_group_names(group).text,
			     "the policy is in monitor mode: nothing is dropped");
	}
}

/* What was done, and on which devices unless on all loaded ones; nothing where nothing was. */
static int tell_added(const struct settings *settings, const struct addition *addition,
		      const struct policy_rule *rule, const struct device_groups *groups)
{
	_cleanup_free_ char *says =
		runtime_rule_text(rule, &addition->host, addition->monitors && !addition->drops);
	_cleanup_free_ char *text = NULL;
	json_object *document;
	bool done = false, everywhere = !settings->devices_count;

	for (size_t i = 0; i < groups->count; i++) {
		done = done || !groups->list[i].left_out;
		everywhere = everywhere && !groups->list[i].left_out;
	}
	if (!done)
		return 0;
	if (says &&
	    asprintf(&text, "%s%s%s: %s%s", everywhere ? "" : device_groups_names(groups).text,
		     everywhere ? "" : ": ", rule->name, addition->renewed ? "renewed: " : "",
		     says) >= 0)
		log_note(text);
	note_monitors(addition, groups);
	if (!settings->json)
		return 0;
	document = json_document();
	json_object_object_add(document, "rule", json_object_new_string(rule->name));
	json_add_runtime_rule(document, rule, &addition->host);
	json_add_devices(document, groups);
	return print_json(document);
}

static enum exit_code add_to_groups(const struct datapath *datapath,
				    const struct settings *settings, struct addition *addition,
				    struct policy_rule *rule, struct error *error)
{
	_cleanup_device_groups_ struct device_groups groups = { 0 };
	enum exit_code code;

	if (device_groups_find(datapath, settings->devices, settings->devices_count, &groups,
			       error) ||
	    read_live_groups(datapath, &groups, error))
		return error->exit;
	if (!settings->name)
		choose_name(rule, &groups);
	addition->words.name = rule->name;
	code = change_groups(datapath, settings, &groups, add_rule, addition, error);
	if (error->text[0])
		return code;
	return tell_added(settings, addition, rule, &groups) ? EXIT_FAILED : code;
}

static void set_end(struct addition *addition, uint64_t for_seconds)
{
	policy_host_read(&addition->host);
	if (for_seconds)
		addition->words.until_ns =
			(uint64_t)addition->host.boottime_ns + for_seconds * SECOND_NS;
}

static enum exit_code add(enum policy_action action, const struct settings *settings, int count,
			  char **operands, struct error *error)
{
	struct addition addition = {
		.words = { .action = action,
			   .ports = (const char *const *)operands,
			   .ports_count = (size_t)count,
			   .from = settings->from,
			   .from_count = settings->from_count,
			   .name = settings->name },
	};
	struct policy_rule rule __attribute__((cleanup(policy_rule_free))) = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;

	set_end(&addition, settings->for_seconds);
	if (runtime_rule_read(&addition.words, &addition.host, &rule, error))
		return error->exit;
	if (datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	set_end(&addition, settings->for_seconds); /* the wait for the lock takes time */
	rule.until_ns = addition.words.until_ns;
	return add_to_groups(&datapath, settings, &addition, &rule, error);
}

static enum exit_code allow(const struct settings *settings, int count, char **operands,
			    struct error *error)
{
	return add(POLICY_ALLOW, settings, count, operands, error);
}

static enum exit_code drop(const struct settings *settings, int count, char **operands,
			   struct error *error)
{
	return add(POLICY_DROP, settings, count, operands, error);
}

#define ADDING_OPTIONS                                                                             \
	{                                                                                          \
		&option_name, &option_from, &option_for, &option_dev, &option_force, &option_json  \
	}
#define ADDING_DETAILS                                                                             \
	"The rule is put before all others, by one atomic change, and lasts until its end, until " \
	"`delete`, or\n"                                                                           \
	"until the device is unloaded. The same command again renews its end. PORTS is written "   \
	"as in a policy:\n"                                                                        \
	"tcp/80,443 udp/27000-27100 tcp/mysql"

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

static int remove_rule(struct policy *policy, const struct policy_host *host, void *context,
		       struct error *error)
{
	(void)host;
	return policy_runtime_remove(policy, context, error);
}

static int tell_deleted(const struct settings *settings, const char *name,
			const struct device_groups *groups)
{
	json_object *document;
	bool done = false;

	for (size_t i = 0; i < groups->count; i++) {
		if (groups->list[i].left_out)
			continue;
		note(device_group_names(&groups->list[i]).text, "the rule is deleted");
		done = true;
	}
	if (!settings->json || !done)
		return 0;
	document = json_document();
	json_object_object_add(document, "rule", json_object_new_string(name));
	json_add_devices(document, groups);
	return print_json(document);
}

static enum exit_code delete_from_groups(const struct datapath *datapath,
					 const struct settings *settings, char *name,
					 struct error *error)
{
	_cleanup_device_groups_ struct device_groups groups = { 0 };
	enum exit_code code;

	if (device_groups_find(datapath, settings->devices, settings->devices_count, &groups,
			       error) ||
	    read_live_groups(datapath, &groups, error))
		return error->exit;
	code = change_groups(datapath, settings, &groups, remove_rule, name, error);
	if (error->text[0])
		return code;
	return tell_deleted(settings, name, &groups) ? EXIT_FAILED : code;
}

static enum exit_code delete (const struct settings *settings, int count, char **operands,
			      struct error *error) {
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;

	(void)count;
	if (datapath_open(DATAPATH_WRITE, log_note, &datapath, error)) return error->exit;
	return delete_from_groups(&datapath, settings, operands[0], error);
}

const struct command command_delete = {
	.name = "delete",
	.operands = "NAME",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Delete a runtime rule, one that `allow` or `drop` has made",
	.options = { &option_dev, &option_force, &option_json },
	.changes = true,
	.run = delete,
};

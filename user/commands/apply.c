/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve apply. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device_groups.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/cleanup.h"
#include "commands/command.h"
#include "base/log.h"
#include "print/runtime.h"
#include "control/ruleset.h"
#include "control/ssh_session.h"

/*
 * How many runtime rules are in force that the policy does not name. Read apart from the text,
 * which an older version may have written and this one may not understand.
 */
static int count_runtime_rules(const struct datapath *datapath, const struct policy *policy,
			       const struct device_group *group, size_t *ret_count,
			       struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	uint64_t now_ns = boottime_ns();
	int r = datapath_policy_read(datapath, &group->devices[0], &image, NULL, error);

	if (r)
		return r;
	*ret_count = 0;
	for (uint32_t i = 0; i < image->rules && image->rule[i].runtime; i++) {
		const struct policy_rule *same = policy_rule_named(policy, image->rule[i].name);

		if (!has_ended(image->rule[i].until_ns, now_ns) && !(same && same->runtime))
			++*ret_count;
	}
	return 0;
}

/* A policy of the group's own: that of the file behind the runtime rules that are in force there.
 */
static int keep_runtime_rules(const struct datapath *datapath, const struct ruleset *ruleset,
			      struct device_group *group, struct error *error)
{
	_cleanup_ruleset_ struct ruleset live = { 0 };
	int r = ruleset_read_live(datapath, &group->devices[0], &live, error);

	if (r || !live.file.policy.runtime_count)
		return r;
	r = ruleset_copy(ruleset, &group->own, error);
	if (!r)
		r = policy_runtime_keep(&group->own.file.policy, &live.file.policy,
					&ruleset->file.host, error);
	if (!r)
		r = ruleset_compile(&group->own, error);
	if (r)
		return r;
	group->ruleset = &group->own;
	return 0;
}

/* Chooses the group's policy, and refuses it if it cuts the session (NULL: whatever it does). */
static int ready_group(const struct datapath *datapath, const struct ruleset *ruleset,
		       const struct ssh_session *session, struct device_group *group,
		       struct error *error)
{
	size_t runtime_rules = 0;
	int r = count_runtime_rules(datapath, &ruleset->file.policy, group, &runtime_rules, error);

	group->ruleset = ruleset;
	if (ruleset->file.policy.names_runtime)
		group->runtime_rules = runtime_rules;
	else if (!r && runtime_rules)
		r = keep_runtime_rules(datapath, ruleset, group, error);
	if (!r)
		r = device_group_check_waiting(group, error);
	if (!r && session)
		r = device_group_check_session(group, session, true, error);
	return r;
}

/* One moment for all groups: they return together. */
static void set_deadline(struct device_groups *groups, uint32_t seconds)
{
	uint64_t until_ns = boottime_ns() + seconds * SECOND_NS;

	for (size_t i = 0; i < groups->count; i++) {
		const struct ruleset *ruleset = groups->list[i].ruleset;

		if (!ruleset)
			continue;
		ruleset->image->confirm_until_ns = until_ns;
		ruleset->image->flags |= PORTSIEVE_IMAGE_UNCONFIRMED;
	}
}

static void note_kept(const struct device_group *group)
{
	const struct policy *policy = &group->own.file.policy;
	char text[512];

	snprintf(text, sizeof(text),
		 "%s: %zu runtime rule%s (%s) stay%s in force before those of the file; to end "
		 "one: portsieve delete NAME",
		 device_group_names(group).text, policy->runtime_count,
		 policy->runtime_count == 1 ? "" : "s", runtime_rule_names(policy).text,
		 policy->runtime_count == 1 ? "s" : "");
	log_note(text);
}

static void note_ended(const struct device_group *group)
{
	char text[400];

	snprintf(text, sizeof(text),
		 "%s: %zu runtime rule%s gone: the file has the key `runtime`, which replaces them",
		 device_group_names(group).text, group->runtime_rules,
		 group->runtime_rules == 1 ? " is" : "s are");
	log_note(text);
}

static void note_waiting(const struct device_group *group, uint32_t seconds)
{
	char text[512];

	if (has_ended(group->ruleset->image->confirm_until_ns, boottime_ns())) {
		snprintf(
			text, sizeof(text),
			"%s: the time had passed before the policy was in force: the one before it "
			"stays; apply it again with a longer time",
			device_group_names(group).text);
		log_note(text);
		return;
	}
	snprintf(text, sizeof(text),
		 "%s: in force for %u s; to keep it: portsieve confirm; otherwise the policy "
		 "before returns by itself",
		 device_group_names(group).text, seconds);
	log_note(text);
}

static void note_applied(const struct device_groups *groups, const struct settings *settings)
{
	for (size_t i = 0; i < groups->count; i++) {
		const struct device_group *group = &groups->list[i];

		if (group->left_out)
			continue;
		if (group->ruleset == &group->own)
			note_kept(group);
		if (group->runtime_rules)
			note_ended(group);
		if (settings->confirm_seconds)
			note_waiting(group, settings->confirm_seconds);
	}
}

static enum exit_code apply_to_all(const struct datapath *datapath, const struct settings *settings,
				   const struct ruleset *ruleset, struct error *error)
{
	_cleanup_device_groups_ struct device_groups groups = { 0 };
	struct ssh_session session;
	bool checks_session = !settings->force && ssh_session_find(&session);
	enum exit_code code;
	int r = device_groups_find(datapath, settings->devices, settings->devices_count, &groups,
				   error);

	for (size_t i = 0; !r && i < groups.count; i++) {
		if (device_group_is_live(&groups.list[i]))
			r = ready_group(datapath, ruleset, checks_session ? &session : NULL,
					&groups.list[i], error);
		if (r)
			device_groups_prefix(&groups, &groups.list[i], error);
	}
	if (r)
		return error->exit;
	if (settings->confirm_seconds)
		set_deadline(&groups, settings->confirm_seconds);
	code = device_groups_change(datapath, &groups, device_group_apply);
	note_applied(&groups, settings);
	return settings->json && device_groups_print_json(&groups, "applied") ? EXIT_FAILED : code;
}

static enum exit_code apply(const struct settings *settings, int count, char **operands,
			    struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;

	(void)count;
	if (ruleset_read(operands[0], &ruleset, error) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	return apply_to_all(&datapath, settings, &ruleset, error);
}

const struct command command_apply = {
	.name = "apply",
	.operands = "POLICY",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Put another policy in force on loaded devices, atomically",
	.details = "Every packet is judged by the old policy or by the new one, whole. Counters of "
		   "ranges that stay\n"
		   "go on. Nothing changes if anything is wrong with the policy. Runtime rules "
		   "(`allow`, `drop`) stay,\n"
		   "unless the file has the key `runtime`.",
	.options = { &option_dev, &option_confirm, &option_force, &option_json },
	.changes = true,
	.run = apply,
};

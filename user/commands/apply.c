/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve apply: puts a policy in force on loaded devices. */
#include <errno.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/log.h"
#include "commands/command.h"
#include "control/device_groups.h"
#include "control/ruleset.h"
#include "control/ssh_session.h"
#include "print/runtime.h"

/*
 * Counts the runtime rules in force that the policy does not name. Reads them from the image, not
 * from the text: another version may have written the text, and this one may not understand it.
 */
static int count_runtime_rules(const struct datapath *datapath, const struct policy *policy,
			       const struct device_group *group, size_t *ret_count,
			       struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	uint64_t now_ns = boottime_ns();
	size_t count = 0;
	int r = datapath_policy_read(datapath, &group->devices[0], &image, NULL, error);

	if (r)
		return r;
	for (uint32_t i = 0; i < image->rules && image->rule[i].runtime; i++) {
		const struct policy_rule *same = policy_rule_named(policy, image->rule[i].name);

		if (!has_ended(image->rule[i].until_ns, now_ns) && !(same && same->runtime))
			count++;
	}
	*ret_count = count;
	return 0;
}

/* Gives the group its own copy of the policy, with the group's runtime rules before the others. */
static int keep_runtime_rules(const struct datapath *datapath, const struct ruleset *ruleset,
			      struct device_group *group, struct error *error)
{
	_cleanup_ruleset_ struct ruleset live = { 0 };
	int r = ruleset_read_live(datapath, &group->devices[0], &live, error);

	if (r || !live.file.policy.runtime_count)
		return r;
	r = ruleset_copy(ruleset, &group->own, error);
	if (r)
		return r;
	r = policy_runtime_keep(&group->own.file.policy, &live.file.policy, &ruleset->file.host,
				error);
	if (r)
		return r;
	r = ruleset_compile(&group->own, error);
	if (r)
		return r;
	group->ruleset = &group->own;
	return 0;
}

/* Chooses the group's policy. Refuses one that cuts the session (NULL: no check). */
static int prepare_group(const struct datapath *datapath, const struct ruleset *ruleset,
			 const struct ssh_session *session, struct device_group *group,
			 struct error *error)
{
	size_t runtime_rules;
	int r = count_runtime_rules(datapath, &ruleset->file.policy, group, &runtime_rules, error);

	if (r)
		return r;
	group->ruleset = ruleset;
	if (ruleset->file.policy.names_runtime)
		group->runtime_rules = runtime_rules;
	else if (runtime_rules)
		r = keep_runtime_rules(datapath, ruleset, group, error);
	if (r)
		return r;
	r = device_group_check_waiting(group, error);
	if (r || !session)
		return r;
	return device_group_check_session(group, session, true, error);
}

static void note_applied(const struct device_group *group, uint32_t confirm_seconds)
{
	const struct policy *own = &group->own.file.policy;
	const struct device_names names = device_group_names(group);
	size_t ended = group->runtime_rules;

	if (group->ruleset == &group->own)
		log_note_format(
			"%s: %zu runtime rule%s (%s) stay%s in force before the rules of the "
			"policy file; to remove one: portsieve delete NAME",
			names.text, own->runtime_count, own->runtime_count == 1 ? "" : "s",
			runtime_rule_names(own).text, own->runtime_count == 1 ? "s" : "");
	if (ended)
		log_note_format("%s: removed %zu runtime rule%s: the policy file has the key "
				"`runtime`, which replaces all runtime rules",
				names.text, ended, ended == 1 ? "" : "s");
	if (!confirm_seconds)
		return;
	if (has_ended(group->ruleset->image->confirm_until_ns, boottime_ns()))
		log_note_format(
			"%s: rolled back: the time to confirm was over before the policy was "
			"in force; apply it again with a longer time",
			names.text);
	else
		log_note_format(
			"%s: in force; rolled back in %u s unless confirmed with: portsieve "
			"confirm",
			names.text, confirm_seconds);
}

static enum exit_code apply(const struct settings *settings, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_device_groups_ struct device_groups groups = { 0 };
	struct ssh_session session;
	bool checks_session;
	uint64_t confirm_until_ns;
	enum exit_code code;

	if (ruleset_read(settings->operands[0], &ruleset, error) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	checks_session = !settings->force && ssh_session_find(&session);
	if (device_groups_find(&datapath, settings->devices, settings->devices_count, &groups,
			       error))
		return error->exit;
	for (size_t i = 0; i < groups.count; i++) {
		struct device_group *group = &groups.list[i];

		if (device_group_is_live(group) &&
		    prepare_group(&datapath, &ruleset, checks_session ? &session : NULL, group,
				  error)) {
			device_groups_prefix(&groups, group, error);
			return error->exit;
		}
	}
	/* one deadline for all groups: they are rolled back together */
	confirm_until_ns = boottime_ns() + settings->confirm_seconds * SECOND_NS;
	for (size_t i = 0; settings->confirm_seconds && i < groups.count; i++) {
		const struct ruleset *chosen = groups.list[i].ruleset;

		if (!chosen)
			continue;
		chosen->image->confirm_until_ns = confirm_until_ns;
		chosen->image->flags |= PORTSIEVE_IMAGE_UNCONFIRMED;
	}
	code = device_groups_change(&datapath, &groups, device_group_apply);
	for (size_t i = 0; i < groups.count; i++)
		if (!groups.list[i].left_out)
			note_applied(&groups.list[i], settings->confirm_seconds);
	if (settings->json && device_groups_print_json(&groups, "applied"))
		return EXIT_FAILED;
	return code;
}

const struct command command_apply = {
	.name = "apply",
	.operands = "POLICY",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Put a policy in force on loaded devices, atomically",
	.details = "Each packet is judged by the whole old policy or by the whole new one. Ranges "
		   "that stay keep their\n"
		   "counters. An invalid policy changes nothing. Runtime rules (`allow`, `drop`) "
		   "stay, unless the\n"
		   "file has the key `runtime`.",
	.options = { &option_dev, &option_confirm, &option_force, &option_json },
	.changes = true,
	.run = apply,
};

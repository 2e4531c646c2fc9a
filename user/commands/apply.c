/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve apply: puts a policy in force on loaded devices. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/duration.h"
#include "base/log.h"
#include "commands/command.h"
#include "control/cut.h"
#include "control/own_replies.h"
#include "control/device_groups.h"
#include "control/device_note.h"
#include "control/ruleset.h"
#include "control/ssh_session.h"
#include "print/json.h"
#include "print/runtime.h"

/*
 * Counts the runtime rules in force that the policy does not name. Reads them from the image: the
 * text may come from another version, and this one may not understand it.
 */
static int count_runtime_rules(const struct datapath *datapath, const struct policy *policy,
			       const struct device_group *group, size_t *ret_count,
			       struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	uint64_t now_ns = boottime_ns();
	size_t count = 0;
	int r = datapath_policy_read(datapath, &group->devices[0], &image, NULL, NULL, NULL, error);

	if (r)
		return r;
	for (uint32_t i = 0; i < image->rules; i++) {
		const struct policy_rule *same = NULL;

		if (!image->rule[i].runtime)
			continue;
		same = policy_rule_named(policy, image->rule[i].name);
		if (!has_ended(image->rule[i].until_ns, now_ns) && !(same && same->runtime))
			count++;
	}
	*ret_count = count;
	return 0;
}

/* Gives the group its own copy of the policy, with the group's runtime rules first. */
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

/*
 * Chooses the group's policy. Rejects one that cuts the session (NULL: no check) or, without
 * `force`, drops the replies to this host.
 */
static int prepare_group(const struct datapath *datapath, const struct ruleset *ruleset,
			 const struct ssh_session *session, bool force, struct device_group *group,
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
	for (size_t i = 0; i < group->count && !r && !force; i++)
		if (!group->devices[i].moved)
			r = own_replies_check(group->ruleset, group->devices[i].name, error);
	if (r || !session)
		return r;
	return device_group_check_session(group, session, true, error);
}

static void note_applied(const struct device_group *group, uint32_t confirm_seconds)
{
	const struct policy *own = &group->own.file.policy;
	const struct device_names names = device_group_names(group);
	char unless[160] = "", follows[sizeof(struct policy_words) + sizeof(unless)];
	size_t ended = group->runtime_rules;

	if (group->ruleset == &group->own)
		log_note_format(
			"%s: %zu runtime rule%s (%s) stay%s in force before the rules of the "
			"policy file; to remove one: portsieve delete NAME",
			names.text, own->runtime_count, own->runtime_count == 1 ? "" : "s",
			runtime_rule_names(own->rules + own->failsafe_count, own->runtime_count)
				.text,
			own->runtime_count == 1 ? "s" : "");
	if (ended)
		log_note_format("%s: removed %zu runtime rule%s: the policy file has the key "
				"`runtime`, which replaces all runtime rules",
				names.text, ended, ended == 1 ? "" : "s");
	if (has_ended(group->ruleset->image->confirm_until_ns, boottime_ns()))
		snprintf(unless, sizeof(unless),
			 "; rolled back: the time to confirm was over before the policy was in "
			 "force; apply it again with a longer time");
	else if (confirm_seconds)
		snprintf(unless, sizeof(unless),
			 "; rolled back in %s unless confirmed with: portsieve confirm",
			 duration_print(confirm_seconds).text);
	snprintf(follows, sizeof(follows), "%s%s", policy_words(group->ruleset->image).text,
		 unless);
	for (size_t i = 0; i < group->count; i++)
		device_note(&group->devices[i], "applied", follows);
}

static int print_applied(const struct device_groups *groups, const struct portsieve_image *image)
{
	json_object *document = json_document();

	json_object_object_add(document, "devices", device_groups_json(groups, "applied"));
	json_object_object_add(document, "policy", json_policy(image));
	return print_json(document);
}

/* The first operand is always the policy: the error says so if it names a device. */
static int read_policy(const struct settings *settings, struct ruleset *ret_ruleset,
		       struct error *error)
{
	const char *usual = policy_file_usual();
	const char *path = settings->operands_count ? settings->operands[0] : usual;
	char only[IF_NAMESIZE + 64] = "";

	if (!path)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "apply: POLICY is missing, and there is no " POLICY_USUAL_FILE
				 "; see: portsieve apply --help");
	if (path == usual || !if_nametoindex(path) || !access(path, F_OK))
		return ruleset_read(path, ret_ruleset, error);
	if (usual)
		snprintf(only, sizeof(only), "; to apply %s: portsieve apply --dev %s", usual,
			 path);
	return error_set(error, ENOENT, EXIT_USAGE,
			 "there is no policy file '%s'; name the policy before the devices%s", path,
			 only);
}

static enum exit_code apply(const struct settings *settings, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_device_groups_ struct device_groups groups = { 0 };
	struct ssh_session session;
	bool in_session = false;
	uint64_t confirm_until_ns;
	enum exit_code code;

	if (read_policy(settings, &ruleset, error) ||
	    policy_file_check_access(&ruleset.file, error) ||
	    (settings->cut && cut_available(error)))
		return error->exit;
	ruleset_check_access(&ruleset, false);
	if (datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	if (!settings->force || settings->confirm_seconds)
		in_session = ssh_session_find(&session);
	if (device_groups_find(&datapath, settings->devices, settings->devices_count, &groups,
			       error))
		return error->exit;
	for (size_t i = 0; i < groups.count; i++) {
		struct device_group *group = &groups.list[i];

		if (device_group_is_live(group) &&
		    prepare_group(&datapath, &ruleset,
				  in_session && !settings->force ? &session : NULL, settings->force,
				  group, error)) {
			device_groups_prefix(&groups, group, error);
			return error->exit;
		}
	}
	/* one deadline for all groups: they are rolled back together */
	confirm_until_ns = boottime_ns() + settings->confirm_seconds * SECOND_NS;
	for (size_t i = 0; i < groups.count; i++) {
		const struct ruleset *chosen = groups.list[i].ruleset;

		if (chosen && settings->cut)
			cut_end_grace(chosen->image);
		if (!chosen || !settings->confirm_seconds)
			continue;
		chosen->image->confirm_until_ns = confirm_until_ns;
		chosen->image->flags |= PORTSIEVE_IMAGE_UNCONFIRMED;
	}
	code = device_groups_change(&datapath, &groups, device_group_apply);
	for (size_t i = 0; i < groups.count; i++)
		if (!groups.list[i].left_out)
			note_applied(&groups.list[i], settings->confirm_seconds);
	for (size_t i = 0; in_session && settings->confirm_seconds && i < groups.count; i++)
		if (!groups.list[i].left_out)
			device_group_note_login(&groups.list[i], &session);
	if (settings->cut)
		code = cut_connections(&datapath, &groups, code);
	if (settings->json && print_applied(&groups, ruleset.image))
		return EXIT_FAILED;
	return code;
}

const struct command command_apply = {
	.name = "apply",
	.operands = "[POLICY] [DEV]...",
	.operands_max = 1,
	.devices_max = COMMAND_DEVICES_MAX,
	.summary = "Put a policy in force on loaded devices, atomically",
	.details = "Without POLICY, /etc/portsieve/policy.yaml. Each packet is judged by the whole "
		   "old "
		   "policy or by\n"
		   "the whole new one. Ranges that stay keep their counters. An invalid policy "
		   "changes "
		   "nothing.\n"
		   "Runtime rules (`allow`, `drop`) stay, unless the file has the key `runtime`.",
	.options = { &option_same_dev, &option_confirm, &option_cut, &option_force, &option_quiet,
		     &option_json },
	.changes = true,
	.run = apply,
};

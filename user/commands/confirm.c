/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve confirm, portsieve rollback: the two ways to end a pending change. */
#include <errno.h>

#include "base/log.h"
#include "commands/command.h"
#include "control/device_groups.h"
#include "control/device_note.h"
#include "print/json.h"

struct ending {
	device_group_fn *end;
	bool keeps;		    /* keeps the pending policy, which must pass a new login */
	const char *result;	    /* in JSON */
	const char *done, *follows; /* for its line */
};

/* Unless devices are named, leaves out all groups without a pending change. */
static int leave_out_others(const struct settings *settings, struct device_groups *groups,
			    struct error *error)
{
	size_t pending = 0;

	for (size_t i = 0; i < groups->count; i++) {
		struct device_group *group = &groups->list[i];
		const struct datapath_device *device = &group->devices[0];

		group->left_out = !settings->devices_count && !device->broken &&
				  !device->confirm_until_ns && !device->fallen_back;
		pending += !group->left_out;
	}
	if (pending)
		return 0;
	return error_set_code(error, ERROR_NOT_PENDING, ENOENT,
			      "no change is pending; to see the policy in force: portsieve show");
}

/* Is the pending policy in force and readable? */
static bool is_pending(const struct device_group *group)
{
	const struct datapath_device *device = &group->devices[0];

	return device_group_is_live(group) && device->confirm_until_ns && !device->fallen_back;
}

/* Reads the pending policies. Rejects one that would drop a new login like the session. */
static int check_logins(const struct datapath *datapath, struct device_groups *groups,
			const struct ssh_session *session, bool force, struct error *error)
{
	for (size_t i = 0; i < groups->count; i++) {
		struct device_group *group = &groups->list[i];
		int r;

		if (!is_pending(group))
			continue;
		r = ruleset_read_live(datapath, &group->devices[0], &group->own, error);
		if (r)
			return r;
		group->ruleset = &group->own;
		if (!force && device_group_check_session(group, session, true, error)) {
			device_groups_prefix(groups, group, error);
			return -EPERM;
		}
	}
	return 0;
}

static enum exit_code end_pending(const struct settings *settings, const struct ending *ending,
				  struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_device_groups_ struct device_groups groups = { 0 };
	struct ssh_session session;
	bool in_session = ending->keeps && ssh_session_find(&session);
	enum exit_code code;

	if (datapath_open(DATAPATH_WRITE, log_note, &datapath, error) ||
	    device_groups_find(&datapath, settings->devices, settings->devices_count, &groups,
			       error) ||
	    leave_out_others(settings, &groups, error) ||
	    (in_session && check_logins(&datapath, &groups, &session, settings->force, error)))
		return error->exit;
	groups.whole_only = true; /* devices that share a slot share its pending change */
	code = device_groups_change(&datapath, &groups, ending->end);
	for (size_t i = 0; i < groups.count; i++) {
		const struct device_group *group = &groups.list[i];

		if (group->left_out)
			continue;
		for (size_t d = 0; d < group->count; d++)
			device_note(&group->devices[d], ending->done, ending->follows);
		if (in_session && group->ruleset)
			device_group_note_login(group, &session);
	}
	if (settings->json && print_results_json(device_groups_json(&groups, ending->result)))
		return EXIT_FAILED;
	return code;
}

static int confirm_group(const struct datapath *datapath, const struct device_group *group,
			 struct error *error)
{
	return datapath_confirm(datapath, &group->devices[0], error);
}

static enum exit_code confirm(const struct settings *settings, struct error *error)
{
	static const struct ending ending = {
		.end = confirm_group,
		.keeps = true,
		.result = "confirmed",
		.done = "confirmed",
		.follows = "the policy stays in force",
	};

	return end_pending(settings, &ending, error);
}

static int rollback_group(const struct datapath *datapath, const struct device_group *group,
			  struct error *error)
{
	return datapath_rollback(datapath, &group->devices[0], error);
}

static enum exit_code rollback(const struct settings *settings, struct error *error)
{
	static const struct ending ending = {
		.end = rollback_group,
		.result = "rolled-back",
		.done = "rolled back",
		.follows = "the previous policy is in force",
	};

	return end_pending(settings, &ending, error);
}

const struct command command_confirm = {
	.name = "confirm",
	.operands = "[DEV]...",
	.devices_max = COMMAND_DEVICES_MAX,
	.summary = "Keep the policy that `apply --confirm` has put in force",
	.details = "Without DEV, on all devices with a pending change. Refused if the policy would "
		   "drop a new ssh\n"
		   "login like yours, even if your session goes on.",
	.options = { &option_same_dev, &option_force, &option_quiet, &option_json },
	.changes = true,
	.run = confirm,
};

const struct command command_rollback = {
	.name = "rollback",
	.operands = "[DEV]...",
	.devices_max = COMMAND_DEVICES_MAX,
	.summary = "Return at once to the policy before `apply --confirm`",
	.details = "Without DEV, on all devices with a pending change.",
	.options = { &option_same_dev, &option_quiet, &option_json },
	.changes = true,
	.run = rollback,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve confirm, portsieve rollback: the two ways to end a pending change. */
#include <errno.h>

#include "base/log.h"
#include "commands/command.h"
#include "control/device_groups.h"

struct ending {
	device_group_fn *end;
	const char *result; /* in JSON */
	const char *note;
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
	return error_set(error, ENOENT, EXIT_FAILED,
			 "no change is pending; to see the policy in force: portsieve show");
}

static enum exit_code end_pending(const struct settings *settings, const struct ending *ending,
				  struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_device_groups_ struct device_groups groups = { 0 };
	enum exit_code code;

	if (datapath_open(DATAPATH_WRITE, log_note, &datapath, error) ||
	    device_groups_find(&datapath, settings->devices, settings->devices_count, &groups,
			       error) ||
	    leave_out_others(settings, &groups, error))
		return error->exit;
	groups.whole_only = true; /* devices that share a slot share its pending change */
	code = device_groups_change(&datapath, &groups, ending->end);
	for (size_t i = 0; i < groups.count; i++)
		if (!groups.list[i].left_out)
			log_note_format("%s: %s", device_group_names(&groups.list[i]).text,
					ending->note);
	if (settings->json && device_groups_print_json(&groups, ending->result))
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
		.result = "confirmed",
		.note = "confirmed, the policy stays in force",
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
		.note = "rolled back to the previous policy",
	};

	return end_pending(settings, &ending, error);
}

const struct command command_confirm = {
	.name = "confirm",
	.operands = "",
	.summary = "Keep the policy that `apply --confirm` has put in force",
	.details = "Without --dev, on all devices with a pending change.",
	.options = { &option_dev, &option_json },
	.changes = true,
	.run = confirm,
};

const struct command command_rollback = {
	.name = "rollback",
	.operands = "",
	.summary = "Return at once to the policy before `apply --confirm`",
	.details = "Without --dev, on all devices with a pending change.",
	.options = { &option_dev, &option_json },
	.changes = true,
	.run = rollback,
};

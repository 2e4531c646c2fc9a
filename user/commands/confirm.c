/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve confirm, portsieve rollback: what becomes of a policy that waits to be confirmed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/device_groups.h"
#include "base/cleanup.h"
#include "commands/command.h"
#include "base/log.h"

/* The two ways in which waiting ends at a user's word. */
struct ending {
	device_group_fn *end;
	const char *result; /* in JSON */
	const char *note;
};

static bool waits(const struct device_group *group)
{
	return group->devices[0].broken || group->devices[0].confirm_until_ns ||
	       group->devices[0].fallen_back;
}

/* Devices that nobody named and on which nothing waits are nobody's concern. */
static int leave_out_others(const struct settings *settings, struct device_groups *groups,
			    struct error *error)
{
	size_t waiting = 0;

	for (size_t i = 0; i < groups->count; i++) {
		groups->list[i].left_out = !settings->devices_count && !waits(&groups->list[i]);
		waiting += !groups->list[i].left_out;
	}
	if (waiting)
		return 0;
	return error_set(error, ENOENT, EXIT_FAILED,
			 "no change is pending; to see the policy in force: portsieve show");
}

static int confirm_group(const struct datapath *datapath, const struct device_group *group,
			 struct error *error)
{
	return datapath_confirm(datapath, &group->devices[0], error);
}

static int rollback_group(const struct datapath *datapath, const struct device_group *group,
			  struct error *error)
{
	return datapath_rollback(datapath, &group->devices[0], error);
}

static void note_ended(const struct device_group *group, const struct ending *ending)
{
	_cleanup_free_ char *text = NULL;

	if (asprintf(&text, "%s: %s", device_group_names(group).text, ending->note) >= 0)
		log_note(text);
}

static enum exit_code end_all(const struct datapath *datapath, const struct settings *settings,
			      const struct ending *ending, struct error *error)
{
	_cleanup_device_groups_ struct device_groups groups = { 0 };
	enum exit_code code;

	if (device_groups_find(datapath, settings->devices, settings->devices_count, &groups,
			       error) ||
	    leave_out_others(settings, &groups, error))
		return error->exit;
	groups.whole_only = true; /* the waiting is the slot's */
	code = device_groups_change(datapath, &groups, ending->end);
	for (size_t i = 0; i < groups.count; i++)
		if (!groups.list[i].left_out)
			note_ended(&groups.list[i], ending);
	return settings->json && device_groups_print_json(&groups, ending->result) ? EXIT_FAILED
										   : code;
}

static enum exit_code end_waiting(const struct settings *settings, const struct ending *ending,
				  struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;

	if (datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	return end_all(&datapath, settings, ending, error);
}

static enum exit_code confirm(const struct settings *settings, int count, char **operands,
			      struct error *error)
{
	static const struct ending ending = {
		.end = confirm_group,
		.result = "confirmed",
		.note = "confirmed, the policy stays in force",
	};

	(void)count;
	(void)operands;
	return end_waiting(settings, &ending, error);
}

static enum exit_code rollback(const struct settings *settings, int count, char **operands,
			       struct error *error)
{
	static const struct ending ending = {
		.end = rollback_group,
		.result = "rolled-back",
		.note = "the policy before is in force again",
	};

	(void)count;
	(void)operands;
	return end_waiting(settings, &ending, error);
}

const struct command command_confirm = {
	.name = "confirm",
	.operands = "",
	.summary = "Keep the policy that `apply --confirm` has put in force",
	.details = "Without --dev, on all devices where one waits.",
	.options = { &option_dev, &option_json },
	.changes = true,
	.run = confirm,
};

const struct command command_rollback = {
	.name = "rollback",
	.operands = "",
	.summary = "Return at once to the policy before `apply --confirm`",
	.details = "Without --dev, on all devices where one waits.",
	.options = { &option_dev, &option_json },
	.changes = true,
	.run = rollback,
};

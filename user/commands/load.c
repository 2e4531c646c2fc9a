/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve load. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "commands/command.h"
#include "control/device_results.h"
#include "base/log.h"
#include "control/ruleset.h"
#include "control/ssh_session.h"
#include "control/loaded_devices.h"

static const enum datapath_attach attaches[] = {
	[ATTACH_AUTO] = DATAPATH_ATTACH_AUTO,
	[ATTACH_LINK] = DATAPATH_LINK,
	[ATTACH_DISPATCHER] = DATAPATH_DISPATCHER,
};

static enum exit_code load_devices(const struct datapath *datapath, const struct settings *settings,
				   int count, char **devices, const struct ruleset *ruleset)
{
	struct datapath_load_options options = { .mode = settings->mode,
						 .attach = attaches[settings->attach] };
	struct datapath_policy policy = ruleset_policy(ruleset);
	struct device_results results = { 0 };

	for (int i = 0; i < count; i++) {
		struct error error = { .exit = EXIT_FAILED };
		int r = datapath_load(datapath, devices[i], &options, &policy, &error);

		device_results_add(&results, devices[i], r, "loaded", &error);
	}
	return device_results_end(&results, settings->json);
}

/* Before anything is loaded: a policy that cuts the caller's ssh session goes onto no device. */
static int check_session(const struct ruleset *ruleset, int count, char **devices,
			 struct error *error)
{
	struct ssh_session session;
	int r = 0;

	if (!ssh_session_find(&session))
		return 0;
	for (int i = 0; !r && i < count; i++)
		if (ssh_session_arrives_on(&session, devices[i]))
			r = ssh_session_check(&session, devices[i], ruleset, true, error);
	return r;
}

/* A device named twice is meant once. Returns how many are left. */
static int leave_out_repeats(char **devices, int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++) {
		int before = 0;

		while (before < kept && strcmp(devices[before], devices[i]) != 0)
			before++;
		if (before == kept)
			devices[kept++] = devices[i];
	}
	return kept;
}

static enum exit_code load(const struct settings *settings, int count, char **devices,
			   struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;

	count = leave_out_repeats(devices, count);
	if (ruleset_read(settings->policy, &ruleset, error) ||
	    (!settings->force && check_session(&ruleset, count, devices, error)) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	return load_devices(&datapath, settings, count, devices, &ruleset);
}

const struct command command_load = {
	.name = "load",
	.operands = "DEV...",
	.operands_min = 1,
	.operands_max = COMMAND_DEVICES_MAX,
	.summary = "Load the filter onto network interfaces",
	.details = "The policy is in force from the first packet on. The filter stays when the "
		   "command ends,\n"
		   "until `portsieve unload`. Devices loaded with the same policy share it: one "
		   "system call\n"
		   "changes it for all of them.",
	.options = { &option_policy, &option_mode, &option_attach, &option_force, &option_json },
	.changes = true,
	.run = load,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve load: attaches the program to network devices. */
#include <string.h>

#include "base/log.h"
#include "commands/command.h"
#include "control/device_results.h"
#include "control/ruleset.h"
#include "control/ssh_session.h"

/* Keeps the first of equal names. Returns how many are left. */
static int remove_repeats(char **devices, int count)
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

/* Refuses a policy that cuts the user's ssh session, before it is loaded onto any device. */
static int check_session(const struct ruleset *ruleset, int count, char **devices,
			 struct error *error)
{
	struct ssh_session session;

	if (!ssh_session_find(&session))
		return 0;
	for (int i = 0; i < count; i++) {
		int r = 0;

		if (ssh_session_arrives_on(&session, devices[i]))
			r = ssh_session_check(&session, devices[i], ruleset, true, error);
		if (r)
			return r;
	}
	return 0;
}

static enum exit_code load(const struct settings *settings, int count, char **devices,
			   struct error *error)
{
	static const enum datapath_attach attaches[] = {
		[ATTACH_AUTO] = DATAPATH_ATTACH_AUTO,
		[ATTACH_LINK] = DATAPATH_LINK,
		[ATTACH_DISPATCHER] = DATAPATH_DISPATCHER,
	};
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct datapath_load_options options = { .mode = settings->mode,
						 .attach = attaches[settings->attach] };
	struct device_results results = { 0 };
	struct datapath_policy policy;

	count = remove_repeats(devices, count);
	if (ruleset_read(settings->policy, &ruleset, error) ||
	    (!settings->force && check_session(&ruleset, count, devices, error)) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	policy = ruleset_policy(&ruleset);
	for (int i = 0; i < count; i++) {
		struct error device_error = { .exit = EXIT_FAILED };
		int r = datapath_load(&datapath, devices[i], &options, &policy, &device_error);

		device_results_add(&results, devices[i], r, "loaded", &device_error);
	}
	return device_results_end(&results, settings->json);
}

const struct command command_load = {
	.name = "load",
	.operands = "DEV...",
	.operands_min = 1,
	.operands_max = COMMAND_DEVICES_MAX,
	.summary = "Load the filter onto network interfaces",
	.details = "The policy is in force from the first packet on. The filter stays after the "
		   "command ends, until\n"
		   "`portsieve unload`. Devices loaded with the same policy share it: one system "
		   "call changes it\n"
		   "for all.",
	.options = { &option_policy, &option_mode, &option_attach, &option_force, &option_json },
	.changes = true,
	.run = load,
};

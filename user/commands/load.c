/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve load: attaches the program to network devices. */
#include <string.h>

#include "base/log.h"
#include "commands/command.h"
#include "control/device_results.h"
#include "control/ruleset.h"
#include "control/ssh_session.h"

/* Refuses a policy that cuts the user's ssh session, before it is loaded onto any device. */
static int check_session(const struct ruleset *ruleset, const struct settings *settings,
			 struct error *error)
{
	struct ssh_session session;

	if (!ssh_session_find(&session))
		return 0;
	for (const char *const *device = settings->operands; *device; device++) {
		int r = 0;

		if (ssh_session_arrives_on(&session, *device))
			r = ssh_session_check(&session, *device, ruleset, true, error);
		if (r)
			return r;
	}
	return 0;
}

/* Is the device named before on the command line? */
static bool is_repeat(const char *const *devices, const char *const *device)
{
	for (; devices < device; devices++)
		if (!strcmp(*devices, *device))
			return true;
	return false;
}

static enum exit_code load(const struct settings *settings, struct error *error)
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

	if (ruleset_read(settings->policy, &ruleset, error) ||
	    (!settings->force && check_session(&ruleset, settings, error)) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	policy = ruleset_policy(&ruleset);
	for (const char *const *device = settings->operands; *device; device++) {
		struct error device_error = { .exit = EXIT_FAILED };
		int r;

		if (is_repeat(settings->operands, device))
			continue;
		r = datapath_load(&datapath, *device, &options, &policy, &device_error);
		device_results_add(&results, *device, r, "loaded", &device_error);
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

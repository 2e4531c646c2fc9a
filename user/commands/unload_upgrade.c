/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve unload, portsieve upgrade: one step on each named device, or on all loaded devices. */
#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "commands/command.h"
#include "control/device_note.h"
#include "control/device_results.h"
#include "control/loaded_devices.h"
#include "control/ruleset.h"
#include "datapath/device_names.h"

struct device_step {
	const char *command;
	const char *result; /* in JSON */
	const char *follows;
	int (*run)(const struct datapath *datapath, const struct datapath_device *device,
		   const struct settings *settings, struct error *error);
};

static enum exit_code run_on_devices(const struct device_step *step,
				     const struct settings *settings, struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct device_results results = { 0 };
	size_t found;

	if (loaded_devices_named_or_all(step->command, settings->all, (int)settings->devices_count,
					error) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error) ||
	    loaded_devices_find(&datapath, settings->devices, settings->devices_count, &devices,
				&found, error))
		return error->exit;
	for (size_t i = 0; i < found; i++) {
		struct error device_error = { .exit = EXIT_FAILED };
		int r = step->run(&datapath, &devices[i], settings, &device_error);

		device_results_add(&results, devices[i].name, r, step->result, &device_error);
		if (!r && !devices[i].broken)
			device_note(&devices[i], step->result, step->follows);
		else if (!r)
			log_note_format("%s: %s: %s", device_name(&devices[i]).text, step->result,
					step->follows);
	}
	return device_results_end(&results, settings->json, NULL);
}

static int unload_device(const struct datapath *datapath, const struct datapath_device *device,
			 const struct settings *settings, struct error *error)
{
	(void)settings;
	return datapath_unload(datapath, device, error);
}

static enum exit_code unload(const struct settings *settings, struct error *error)
{
	static const struct device_step step = { "unload", "unloaded",
						 "packets are no longer filtered", unload_device };

	return run_on_devices(&step, settings, error);
}

static int upgrade_device(const struct datapath *datapath, const struct datapath_device *device,
			  const struct settings *settings, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	struct datapath_policy policy;
	int r = datapath_refuse_broken(device, error);

	if (r)
		return r;
	r = ruleset_read_old(datapath, device, &ruleset, error);
	if (r == -EPROTO) /* this ABI, or an unknown one */
		return datapath_upgrade(datapath, device, &settings->watch, error);
	if (r)
		return r;
	policy = ruleset_policy(&ruleset);
	return datapath_upgrade_old(datapath, device, &policy, &settings->watch, error);
}

static enum exit_code upgrade(const struct settings *settings, struct error *error)
{
	static const struct device_step step = { "upgrade", "upgraded",
						 "policy and counters are kept", upgrade_device };

	return run_on_devices(&step, settings, error);
}

const struct command command_unload = {
	.name = "unload",
	.operands = "DEV... | --all",
	.devices_max = COMMAND_DEVICES_MAX,
	.summary = "Remove the filter and its counters",
	.options = { &option_all_devices, &option_same_dev, &option_quiet, &option_json },
	.changes = true,
	.run = unload,
};

const struct command command_upgrade = {
	.name = "upgrade",
	.operands = "DEV... | --all",
	.devices_max = COMMAND_DEVICES_MAX,
	.summary = "Replace the running program by the one of this version",
	.details = "For use after an update of portsieve. Policy and counters are kept, and no "
		   "packet passes\n"
		   "unfiltered.",
	.options = { &option_per_port, &option_events, &option_all_devices, &option_same_dev,
		     &option_quiet, &option_json },
	.changes = true,
	.run = upgrade,
};

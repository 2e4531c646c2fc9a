/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve unload, portsieve upgrade: one step on each named device, or on all loaded devices. */
#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "commands/command.h"
#include "control/device_results.h"
#include "control/loaded_devices.h"

struct device_step {
	const char *command;
	const char *result; /* in JSON */
	int (*run)(const struct datapath *datapath, const struct datapath_device *device,
		   struct error *error);
};

static enum exit_code run_on_devices(const struct device_step *step,
				     const struct settings *settings, struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct device_results results = { 0 };
	size_t found;

	if (loaded_devices_named_or_all(step->command, settings->all, (int)settings->operands_count,
					error) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error) ||
	    loaded_devices_find(&datapath, settings->operands, settings->operands_count, &devices,
				&found, error))
		return error->exit;
	for (size_t i = 0; i < found; i++) {
		struct error device_error = { .exit = EXIT_FAILED };
		int r = step->run(&datapath, &devices[i], &device_error);

		device_results_add(&results, devices[i].name, r, step->result, &device_error);
	}
	return device_results_end(&results, settings->json);
}

static enum exit_code unload(const struct settings *settings, struct error *error)
{
	static const struct device_step step = { "unload", "unloaded", datapath_unload };

	return run_on_devices(&step, settings, error);
}

static int upgrade_device(const struct datapath *datapath, const struct datapath_device *device,
			  struct error *error)
{
	int r = datapath_refuse_broken(device, error);

	return r ? r : datapath_upgrade(datapath, device, error);
}

static enum exit_code upgrade(const struct settings *settings, struct error *error)
{
	static const struct device_step step = { "upgrade", "upgraded", upgrade_device };

	return run_on_devices(&step, settings, error);
}

const struct command command_unload = {
	.name = "unload",
	.operands = "DEV... | --all",
	.operands_max = COMMAND_DEVICES_MAX,
	.summary = "Remove the filter and its counters",
	.options = { &option_all_devices, &option_json },
	.changes = true,
	.run = unload,
};

const struct command command_upgrade = {
	.name = "upgrade",
	.operands = "DEV... | --all",
	.operands_max = COMMAND_DEVICES_MAX,
	.summary = "Replace the running program by the one of this version",
	.details = "For use after an update of portsieve. Policy and counters are kept, and no "
		   "packet passes\n"
		   "unfiltered.",
	.options = { &option_all_devices, &option_json },
	.changes = true,
	.run = upgrade,
};

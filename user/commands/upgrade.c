/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve upgrade: this binary's program in place of the one that runs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "commands/command.h"
#include "control/device_results.h"
#include "base/log.h"
#include "control/loaded_devices.h"

static int upgrade_one(const struct datapath *datapath, const struct datapath_device *device,
		       struct error *error)
{
	if (device->broken)
		return error_set(error, EUCLEAN, EXIT_FAILED,
				 "its pinned state is incomplete; unload it and load it again");
	return datapath_upgrade(datapath, device, error);
}

static enum exit_code upgrade_devices(const struct datapath *datapath,
				      const struct settings *settings,
				      const struct datapath_device *devices, size_t count)
{
	struct device_results results = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct error error = { .exit = EXIT_FAILED };
		int r = upgrade_one(datapath, &devices[i], &error);

		device_results_add(&results, devices[i].name, r, "upgraded", &error);
	}
	return device_results_end(&results, settings->json);
}

static enum exit_code upgrade(const struct settings *settings, int count, char **names,
			      struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	size_t found;

	if (loaded_devices_named_or_all("upgrade", settings->all, count, error) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	if (loaded_devices_find(&datapath, (const char *const *)names, (size_t)count, &devices,
				&found, error))
		return error->exit;
	return upgrade_devices(&datapath, settings, devices, found);
}

const struct command command_upgrade = {
	.name = "upgrade",
	.operands = "DEV... | --all",
	.operands_max = COMMAND_DEVICES_MAX,
	.summary = "Put this version's program in place of the one that runs",
	.details = "For when portsieve itself has been updated. Policy and counters go on, and no "
		   "packet is left\n"
		   "unfiltered.",
	.options = { &option_all_devices, &option_json },
	.changes = true,
	.run = upgrade,
};

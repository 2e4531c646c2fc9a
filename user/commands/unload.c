/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve unload. */
#include "base/cleanup.h"
#include "base/log.h"
#include "commands/command.h"
#include "control/device_results.h"
#include "control/loaded_devices.h"

static enum exit_code unload_devices(const struct datapath *datapath,
				     const struct settings *settings,
				     const struct datapath_device *devices, size_t count)
{
	struct device_results results = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct error error = { .exit = EXIT_FAILED };
		int r = datapath_unload(datapath, &devices[i], &error);

		device_results_add(&results, devices[i].name, r, "unloaded", &error);
	}
	return device_results_end(&results, settings->json);
}

static enum exit_code unload(const struct settings *settings, int count, char **names,
			     struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	size_t found;

	if (loaded_devices_named_or_all("unload", settings->all, count, error) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	if (loaded_devices_find(&datapath, (const char *const *)names, count, &devices, &found,
				error))
		return error->exit;
	return unload_devices(&datapath, settings, devices, found);
}

const struct command command_unload = {
	.name = "unload",
	.operands = "DEV... | --all",
	.operands_max = COMMAND_DEVICES_MAX,
	.summary = "Take the filter off, with its counters",
	.options = { &option_all_devices, &option_json },
	.changes = true,
	.run = unload,
};

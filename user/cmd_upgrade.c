/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve upgrade: this binary's program in place of the one that runs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "command.h"
#include "log.h"
#include "print_results.h"
#include "targets.h"

static int upgrade_one(const struct datapath *datapath, const struct datapath_device *device,
		       struct error *error)
{
	int r = 0;

	if (device->broken)
		r = error_set(error, EUCLEAN, EXIT_FAILED,
			      "its pins are not whole; unload it and load it again");
	if (!r)
		r = datapath_upgrade(datapath, device, error);
	if (r)
		error_prefix(error, device->name);
	return r;
}

/* Each by itself; what goes wrong with one leaves the others to be done. */
static enum exit_code upgrade_devices(const struct datapath *datapath,
				      const struct settings *settings,
				      const struct datapath_device *devices, size_t count)
{
	json_object *results = json_object_new_array();
	enum exit_code code = EXIT_DONE;
	size_t done = 0;
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		struct error error = { .exit = EXIT_FAILED };
		bool failed = upgrade_one(datapath, &devices[i], &error) != 0;

		if (failed)
			log_error(&error);
		code = failed && !code ? error.exit : code;
		done += !failed;
		json_add_result(results, &devices[i], failed ? "failed" : "upgraded");
	}
	if (settings->json)
		r = print_results_json(results);
	else
		json_object_put(results);
	if (r)
		return EXIT_FAILED;
	return code && done ? EXIT_PARTLY : code;
}

static enum exit_code upgrade(const struct settings *settings, int count, char **names,
			      struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	struct datapath datapath;
	enum exit_code code;
	size_t found;

	if (settings->all == (count > 0)) {
		error_set(error, EINVAL, EXIT_USAGE,
			  count ? "upgrade: name devices or give --all, not both"
				: "upgrade: name the devices, or give --all");
		return error->exit;
	}
	if (datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	if (targets_find(&datapath, (const char *const *)names, (size_t)count, &devices, &found,
			 error))
		code = error->exit;
	else
		code = upgrade_devices(&datapath, settings, devices, found);
	datapath_close(&datapath);
	return code;
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
	.run = upgrade,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what is loaded, and reporting what cannot be read. */
#include "control/loaded_snapshot.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "control/loaded_devices.h"

int loaded_snapshot_read(const char *name, struct snapshot *ret_snapshot, struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct datapath_device device = { 0 };
	int r = datapath_open(DATAPATH_READ, NULL, &datapath, error);

	if (r)
		return r;
	if (name) {
		r = loaded_device_find(&datapath, name, &device, error);
		if (r)
			return r;
	}
	r = snapshot_read(&datapath, device.ifindex, ret_snapshot, error);
	if (r)
		return r;
	if (ret_snapshot->count || ret_snapshot->unreadable_count)
		return 0;
	snapshot_free(ret_snapshot);
	return error_set(error, ENOENT, EXIT_NOT_LOADED,
			 "nothing is loaded in this network namespace; load a device with: "
			 "portsieve load DEV");
}

enum exit_code loaded_snapshot_report_unreadable(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->unreadable_count; i++) {
		const struct datapath_device *device = &snapshot->unreadable[i].device;
		struct error error = snapshot->unreadable[i].error;
		char name[IF_NAMESIZE + 32];

		snprintf(name, sizeof(name), "%s (index %u)", device->name[0] ? device->name : "?",
			 device->ifindex);
		error_prefix(&error, name);
		log_error(&error);
	}
	if (!snapshot->unreadable_count)
		return EXIT_DONE;
	return snapshot->count ? EXIT_PARTLY : EXIT_FAILED;
}

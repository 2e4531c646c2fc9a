/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds and reads the loaded devices that a command names. */
#include "control/loaded_devices.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"

static int none_loaded(struct error *error)
{
	return error_set(error, ENOENT, EXIT_NOT_LOADED,
			 "nothing is loaded in this network namespace; load a device with: "
			 "portsieve load DEV");
}

static int loaded_device_find(const struct datapath *datapath, const char *name,
			      struct datapath_device *ret_device, struct error *error)
{
	uint32_t ifindex = if_nametoindex(name);
	int r = ifindex ? datapath_device(datapath, ifindex, ret_device, error) : -ENOENT;

	if (!r && ret_device->moved)
		r = -ENOENT;
	if (r == -ENOENT && !ifindex)
		return error_set(error, ENOENT, EXIT_NOT_LOADED,
				 "no interface '%s' in this network namespace; loaded ones: "
				 "portsieve status",
				 name);
	if (r == -ENOENT)
		return error_set(error, ENOENT, EXIT_NOT_LOADED,
				 "%s is not loaded; loaded ones: portsieve status; to load it: "
				 "portsieve load %s",
				 name, name);
	return r;
}

int loaded_devices_find(const struct datapath *datapath, const char *const *names, size_t count,
			struct datapath_device **ret_devices, size_t *ret_count,
			struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	size_t found = 0;
	int r;

	if (!count) {
		r = datapath_devices(datapath, &devices, &found, error);
		if (r)
			return r;
		if (!found)
			return none_loaded(error);
	} else {
		devices = calloc(count, sizeof(*devices));
		if (!devices)
			return error_no_memory(error);
	}
	for (size_t i = 0; i < count; i++) {
		size_t same = 0;

		r = loaded_device_find(datapath, names[i], &devices[found], error);
		if (r)
			return r;
		while (devices[same].ifindex != devices[found].ifindex)
			same++;
		found += same == found; /* first mention of the device */
	}
	*ret_devices = TAKE_PTR(devices);
	*ret_count = found;
	return 0;
}

int loaded_devices_named_or_all(const char *command, bool all, int count, struct error *error)
{
	if (all && count)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "%s: name devices or give --all, not both", command);
	if (!all && !count)
		return error_set(error, EINVAL, EXIT_USAGE, "%s: name the devices, or give --all",
				 command);
	return 0;
}

int loaded_snapshot_read(const char *name, const struct snapshot *earlier,
			 struct snapshot *ret_snapshot, struct error *error)
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
	r = snapshot_read(&datapath, device.ifindex, earlier, ret_snapshot, error);
	if (r)
		return r;
	if (ret_snapshot->count || ret_snapshot->unreadable_count)
		return 0;
	snapshot_free(ret_snapshot);
	return none_loaded(error);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From names on the command line to loaded devices. */
#include "control/loaded_devices.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

int loaded_device_find(const struct datapath *datapath, const char *name,
		       struct datapath_device *ret_device, struct error *error)
{
	uint32_t ifindex = if_nametoindex(name);
	int r = ifindex ? datapath_device(datapath, ifindex, ret_device, error) : -ENOENT;

	if (r == -EUCLEAN) {
		*ret_device = (struct datapath_device){ .ifindex = ifindex, .broken = true };
		snprintf(ret_device->name, sizeof(ret_device->name), "%s", name);
		error->text[0] = '\0';
		return 0;
	}
	if (!r && ret_device->moved)
		r = -ENOENT;
	if (r == -ENOENT && !ifindex)
		return error_set(
			error, ENOENT, EXIT_NOT_LOADED,
			"no interface '%s' in this network namespace; loaded ones: portsieve "
			"status",
			name);
	if (r == -ENOENT)
		return error_set(error, ENOENT, EXIT_NOT_LOADED,
				 "%s is not loaded; portsieve status shows what is, portsieve load "
				 "%s loads it",
				 name, name);
	return r;
}

static bool contains(const struct datapath_device *devices, size_t count, uint32_t ifindex)
{
	for (size_t i = 0; i < count; i++)
		if (devices[i].ifindex == ifindex)
			return true;
	return false;
}

static int find_named(const struct datapath *datapath, const char *const *names, size_t count,
		      struct datapath_device **ret_devices, size_t *ret_count, struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = calloc(count, sizeof(*devices));
	size_t found = 0;

	if (!devices)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++) {
		int r = loaded_device_find(datapath, names[i], &devices[found], error);

		if (r)
			return r;
		if (!contains(devices, found, devices[found].ifindex))
			found++;
	}
	*ret_devices = TAKE_PTR(devices);
	*ret_count = found;
	return 0;
}

int loaded_devices_find(const struct datapath *datapath, const char *const *names, size_t count,
			struct datapath_device **ret_devices, size_t *ret_count,
			struct error *error)
{
	int r;

	if (count)
		return find_named(datapath, names, count, ret_devices, ret_count, error);
	r = datapath_devices(datapath, ret_devices, ret_count, error);
	if (!r && !*ret_count) {
		free(TAKE_PTR(*ret_devices));
		return error_set(error, ENOENT, EXIT_NOT_LOADED,
				 "nothing is loaded in this network namespace; load a device with: "
				 "portsieve load DEV");
	}
	return r;
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

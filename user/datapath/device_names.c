/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the names of devices. */
#include "datapath/device_names.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

struct device_name device_name(const struct datapath_device *device)
{
	struct device_name name = { "" };

	if (device->moved)
		snprintf(name.text, sizeof(name.text), "(index %u, moved away)", device->ifindex);
	else
		utf8_copy_printable(name.text, sizeof(name.text), device->name);
	return name;
}

struct device_names device_names(const struct datapath_device *devices, size_t count)
{
	struct device_names names = { "" };
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		struct device_name name = device_name(&devices[i]);
		const char *separator = i ? ", " : "";
		size_t left = count - i, room = sizeof(names.text) - length;
		char others[48]; /* instead of this name and those after it */

		snprintf(others, sizeof(others), "%sand %zu other%s", separator, left,
			 left == 1 ? "" : "s");
		/* leave room for `others`, unless this is the last name */
		if (strlen(separator) + strlen(name.text) + (left > 1 ? sizeof(others) : 1) >
		    room) {
			snprintf(names.text + length, room, "%s", others);
			break;
		}
		length += (size_t)snprintf(names.text + length, room, "%s%s", separator, name.text);
	}
	return names;
}

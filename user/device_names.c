/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices in text. */
#include "device_names.h"

#include <stdio.h>
#include <string.h>

struct device_name device_name(const struct datapath_device *device)
{
	struct device_name name;

	if (device->moved)
		snprintf(name.text, sizeof(name.text), "(index %u, moved away)", device->ifindex);
	else
		snprintf(name.text, sizeof(name.text), "%s", device->name);
	return name;
}

struct device_names device_names(const struct datapath_device *devices, size_t count)
{
	struct device_names names = { "" };
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		struct device_name name = device_name(&devices[i]);

		if (length + strlen(name.text) + sizeof(", and others") > sizeof(names.text)) {
			strcpy(names.text + length, ", and others");
			break;
		}
		length += (size_t)sprintf(names.text + length, "%s%s", i ? ", " : "", name.text);
	}
	return names;
}

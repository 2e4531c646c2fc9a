/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of devices in text. Pure. */
#ifndef PORTSIEVE_DEVICE_NAMES_H
#define PORTSIEVE_DEVICE_NAMES_H

#include "datapath/datapath.h"

/*
 * "eth0", made printable: a name may contain anything but blanks, '/' and ':'. "(index 5, moved
 * away)" for a device in another network namespace.
 */
struct device_name {
	char text[64];
};
struct device_name device_name(const struct datapath_device *device);

/* "eth0, eth1", shortened if there are many: "eth0, eth1, and 9 others". */
struct device_names {
	char text[256];
};
struct device_names device_names(const struct datapath_device *devices, size_t count);

#endif

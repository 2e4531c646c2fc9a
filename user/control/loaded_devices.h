/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which loaded devices a command is about. */
#ifndef PORTSIEVE_TARGETS_H
#define PORTSIEVE_TARGETS_H

#include "datapath/datapath.h"

/*
 * The loaded device of that name. Not loaded: -ENOENT with error filled in (EXIT_NOT_LOADED).
 */
int loaded_device_find(const struct datapath *datapath, const char *name,
		       struct datapath_device *ret_device, struct error *error);

/*
 * The loaded devices of those names, or all when count is 0, in the order of the names. None loaded
 * at all is -ENOENT, with error filled in (EXIT_NOT_LOADED). The caller frees *ret_devices.
 */
int loaded_devices_find(const struct datapath *datapath, const char *const *names, size_t count,
			struct datapath_device **ret_devices, size_t *ret_count,
			struct error *error);

/* For commands that want either names or --all: anything else is a usage error, in error. */
int loaded_devices_named_or_all(const char *command, bool all, int count, struct error *error);

#endif

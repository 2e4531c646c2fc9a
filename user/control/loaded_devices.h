/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loaded devices that a command names, and a snapshot of them. */
#ifndef PORTSIEVE_LOADED_DEVICES_H
#define PORTSIEVE_LOADED_DEVICES_H

#include "datapath/datapath.h"
#include "datapath/snapshot.h"

/*
 * The named devices, each once, in the order of the names; all loaded devices if count is 0.
 * -ENOENT with error filled in (EXIT_NOT_LOADED): a device is not loaded, or none is. The caller
 * frees *ret_devices.
 */
int loaded_devices_find(const struct datapath *datapath, const char *const *names, size_t count,
			struct datapath_device **ret_devices, size_t *ret_count,
			struct error *error);

/* Checks that a command has either names or --all. -EINVAL with error filled in (EXIT_USAGE). */
int loaded_devices_named_or_all(const char *command, bool all, int count, struct error *error);

/*
 * As snapshot_read, for the named device, or all loaded devices if name is NULL. -ENOENT with error
 * filled in (EXIT_NOT_LOADED): none is loaded. The caller owns *ret_snapshot (snapshot_free).
 */
int loaded_snapshot_read(const char *name, const struct snapshot *earlier,
			 struct snapshot *ret_snapshot, struct error *error);

/*
 * Logs an error for each device that could not be read. Returns the exit code of a command that
 * has shown the others: EXIT_DONE, EXIT_PARTLY, or EXIT_FAILED if there are no others.
 */
enum exit_code loaded_snapshot_report_unreadable(const struct snapshot *snapshot);

#endif

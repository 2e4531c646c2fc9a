/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot of what is loaded, for the commands that show it. */
#ifndef PORTSIEVE_LOADED_SNAPSHOT_H
#define PORTSIEVE_LOADED_SNAPSHOT_H

#include "datapath/snapshot.h"

/*
 * Reads the device of that name, or all loaded devices if it is NULL. None is loaded: -ENOENT
 * (EXIT_NOT_LOADED). The caller owns *ret_snapshot (snapshot_free).
 */
int loaded_snapshot_read(const char *name, struct snapshot *ret_snapshot, struct error *error);

/*
 * Logs an error for each device that could not be read. Returns the exit code of a command that
 * has shown the others: EXIT_DONE, EXIT_PARTLY, or EXIT_FAILED if there are no others.
 */
enum exit_code loaded_snapshot_report_unreadable(const struct snapshot *snapshot);

#endif

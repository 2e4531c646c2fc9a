/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drift of each device of a snapshot, for `status`. */
#ifndef PORTSIEVE_CONTROL_DRIFTS_H
#define PORTSIEVE_CONTROL_DRIFTS_H

#include "analysis/drift.h"
#include "datapath/snapshot.h"

struct drifts {
	struct listener *listeners; /* the denied ones with process and unit */
	struct drift *list;	    /* by device of the snapshot, which owns the rule names */
	size_t count;
};

/*
 * Compares each device with what listens now. Logs a warning if the listeners cannot be read.
 * Devices that have moved away are not compared. Searches for processes, which takes time, only if
 * something is denied. Returns 0 or -errno with the error filled in; the caller owns *ret_drifts.
 */
int drifts_read(const struct snapshot *snapshot, struct drifts *ret_drifts, struct error *error);
void drifts_free(struct drifts *drifts);
#define _cleanup_drifts_ __attribute__((cleanup(drifts_free)))

#endif

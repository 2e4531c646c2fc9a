/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drift of devices, for `status`. */
#ifndef PORTSIEVE_PRINT_DRIFT_H
#define PORTSIEVE_PRINT_DRIFT_H

#include <json-c/json.h>

#include "analysis/drift.h"
#include "datapath/snapshot.h"

/* What `status` shows besides the snapshot. */
struct drift_report {
	const struct listener *listeners; /* by listener_compare; `list` refers to them */
	const struct drift *list;	  /* by device of the snapshot */
};

/*
 * Prints a paragraph per group of devices that share a policy; nothing without drift. Returns 0 or
 * -ENOMEM.
 */
int print_drift_text(const struct snapshot *snapshot, const struct drift_report *report);

/* The drift of the device with this index in the snapshot. The caller owns it. */
json_object *json_drift(const struct snapshot *snapshot, const struct drift_report *report,
			size_t device);

#endif

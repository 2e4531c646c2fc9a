/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drift of devices, for `status`. */
#ifndef PORTSIEVE_PRINT_DRIFT_H
#define PORTSIEVE_PRINT_DRIFT_H

#include <json-c/json.h>

#include "analysis/drift.h"
#include "datapath/snapshot.h"

/* What `status` shows beside the snapshot. */
struct drift_report {
	const struct listener *listeners; /* by listener_compare; `list` refers to them */
	const struct drift *list;	  /* by device of the snapshot */
};

/*
 * A paragraph for each group of devices that share a policy; nothing if there is no drift. Returns
 * 0 or -ENOMEM.
 */
int print_drift_text(const struct snapshot *snapshot, const struct drift_report *report);

/* Of the device with this number in the snapshot. The caller owns it. */
json_object *json_drift(const struct snapshot *snapshot, const struct drift_report *report,
			size_t device);

#endif

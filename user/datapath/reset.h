/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device had counted at `stats --reset`: a pinned map, "reset", which only text output
 * subtracts. The counters themselves never decrease. A range is identified by its rule, protocol
 * and ports, so saved counts survive policy changes. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_RESET_H
#define PORTSIEVE_DATAPATH_RESET_H

#include "datapath/attachment.h"
#include "datapath/snapshot.h"

/* Fills in what the device had counted at its reset, if there was one. */
int reset_read(const struct datapath *datapath, struct snapshot_device *device,
	       struct error *error);

/*
 * Forgets ranges that no policy of the device has any more: their counts now belong to ended
 * ranges. If the rule returns, its counters start at zero. The lock must be held.
 */
void reset_forget(const struct datapath *datapath, const struct attachment *attachment);

#endif

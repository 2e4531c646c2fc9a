/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device had counted at `stats --reset`: a pinned map, "reset", which only text output
 * subtracts. The counters themselves never fall. A range is known by its rule, protocol and ports,
 * so what is kept survives changes of the policy. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_RESET_H
#define PORTSIEVE_DATAPATH_RESET_H

#include "datapath/attachment.h"
#include "datapath/snapshot.h"

/* Fills in what the device had counted at its reset, if there was one. */
int reset_read(const struct datapath *datapath, struct snapshot_device *device,
	       struct error *error);

/*
 * Forgets the ranges that no policy of the device has any more: what they had counted now belongs
 * to ended ranges. If a rule comes again, its counters begin at zero. The lock must be held.
 */
void reset_forget(const struct datapath *datapath, const struct attachment *attachment);

#endif

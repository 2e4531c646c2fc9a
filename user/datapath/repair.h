/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repairing the pins after a process died. Private to datapath/. */
#ifndef PORTSIEVE_DATAPATH_REPAIR_H
#define PORTSIEVE_DATAPATH_REPAIR_H

#include "datapath/datapath.h"

/*
 * Repairs every device of the namespace and removes the folders that have no live link; a note
 * reports each repair that concerns the user. The lock must be held.
 */
int repair_all(const struct datapath *datapath, struct error *error);

#endif

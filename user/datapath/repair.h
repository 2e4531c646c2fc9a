/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repairing what a process that died left in the pins. Private to datapath*.c. */
#ifndef PORTSIEVE_DATAPATH_REPAIR_H
#define PORTSIEVE_DATAPATH_REPAIR_H

#include "datapath/datapath.h"

/*
 * Repairs every device of the namespace and removes the folders that no live link leads to; each
 * repair that a user needs to know of is a note. The lock must be held.
 */
int repair_all(const struct datapath *datapath, struct error *error);

#endif

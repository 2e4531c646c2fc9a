/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing the pins that a device's link no longer leads to. Private to datapath*.c. */
#ifndef PORTSIEVE_DATAPATH_STALE_H
#define PORTSIEVE_DATAPATH_STALE_H

#include "datapath/attachment.h"

/*
 * Ends a handover that is under way, then removes every pin that the attachment does not lead to.
 * What cannot be removed now, the next writer removes.
 */
void stale_remove(const struct datapath *datapath, const struct attachment *attachment);

/* The same for all loaded devices, each as its pins are now. */
void stale_remove_all(const struct datapath *datapath);

#endif

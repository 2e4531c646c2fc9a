/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing the pins that a device's link no longer leads to. Private to datapath/. */
#ifndef PORTSIEVE_DATAPATH_STALE_H
#define PORTSIEVE_DATAPATH_STALE_H

#include "datapath/attachment.h"

/*
 * Completes an unfinished handover and an unfinished replacement of counters; then removes every
 * pin that the attachment does not lead to. Best effort: the next writer does the rest.
 */
void stale_remove(const struct datapath *datapath, struct attachment *attachment);

/* The same for all loaded devices, each as its pins are now. */
void stale_remove_all(const struct datapath *datapath);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing the policy of loaded devices, and ending a pending change. Private to datapath/. */
#ifndef PORTSIEVE_DATAPATH_APPLY_H
#define PORTSIEVE_DATAPATH_APPLY_H

#include "datapath/attachment.h"

/* Opens a device to change its policy; -EBUSY while a change is pending. */
int apply_require(const struct datapath *datapath, const struct datapath_device *device,
		  struct attachment *ret_attachment, struct error *error);

/*
 * If the program has rolled back at the deadline (*ret_fell_back), makes that permanent for all
 * devices that share the slot. Empties the second slot if no change is pending. Returns -errno.
 */
int apply_repair(const struct datapath *datapath, const struct attachment *attachment,
		 bool *ret_fell_back);

#endif

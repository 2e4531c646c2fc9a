/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repairing policies that were not confirmed in time. Private to datapath*.c. */
#ifndef PORTSIEVE_DATAPATH_CONFIRM_H
#define PORTSIEVE_DATAPATH_CONFIRM_H

#include "datapath/attachment.h"

/*
 * Makes a rollback that the program has made on its own (*ret_fell_back) permanent, for all devices
 * of the slot. Empties the second slot if no change is pending. Returns -errno.
 */
int confirm_repair(const struct datapath *datapath, const struct attachment *attachment,
		   bool *ret_fell_back);

#endif

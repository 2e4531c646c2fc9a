/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a writer does about policies that nobody has confirmed. Private to datapath*.c. */
#ifndef PORTSIEVE_DATAPATH_CONFIRM_H
#define PORTSIEVE_DATAPATH_CONFIRM_H

#include "datapath/attachment.h"

/*
 * Settles a policy that has fallen back (*ret_fell_back), for all devices of its slot, and empties
 * a slot that nothing will come back to.
 */
int confirm_repair(const struct datapath *datapath, const struct attachment *attachment,
		   bool *ret_fell_back);

#endif

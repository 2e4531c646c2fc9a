/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `return: flow` needs beside the policy: the tables of flows, and on each device the egress
 * program. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_FLOW_MODE_H
#define PORTSIEVE_DATAPATH_FLOW_MODE_H

#include "datapath/egress.h"

/* Makes the tables for `flows` flows and attaches the egress program; `renew`: in place of ours. */
int flow_mode_start(const struct datapath *datapath, uint32_t ifindex, const char *device,
		    const struct egress_maps *maps, uint32_t flows, bool renew,
		    struct error *error);

/* The same with the maps of a loaded device, which must not have moved. */
int flow_mode_start_on(const struct datapath *datapath, const struct attachment *attachment,
		       uint32_t flows, struct error *error);

/* Are there tables of flows for the device? */
bool flow_mode_has_tables(const struct attachment *attachment);

/* Does a policy in a slot of the device need flows? */
bool flow_mode_is_on(const struct attachment *attachment);

/* Makes a device have what its policies need, and no more. */
int flow_mode_settle(const struct datapath *datapath, const struct attachment *attachment,
		     struct error *error);

/* The same for all loaded devices, and frees the tables if none needs them. Best effort. */
void flow_mode_settle_all(const struct datapath *datapath);

#endif

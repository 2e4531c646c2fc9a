/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `return: flow` needs besides the policy: the tables of flows, and the egress program on each
 * device. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_FLOW_MODE_H
#define PORTSIEVE_DATAPATH_FLOW_MODE_H

#include "datapath/egress.h"

/* Makes tables for `flows` flows and attaches the egress program; with `renew`, replaces ours. */
int flow_mode_start(const struct datapath *datapath, uint32_t ifindex, const char *device,
		    const struct egress_maps *maps, uint32_t flows, bool renew,
		    struct error *error);

/* The same with the maps of a loaded device. Does nothing if the device has moved. */
int flow_mode_start_on(const struct datapath *datapath, const struct attachment *attachment,
		       uint32_t flows, struct error *error);

/* Does the device have tables of flows? */
bool flow_mode_has_tables(const struct attachment *attachment);

/* Does a policy in a slot of the device need flows? */
bool flow_mode_is_on(const struct attachment *attachment);

/* Gives a device what its policies need, and removes what they do not. */
int flow_mode_settle(const struct datapath *datapath, const struct attachment *attachment,
		     struct error *error);

/* The same for all loaded devices; frees the tables if none needs them. Best effort. */
void flow_mode_settle_all(const struct datapath *datapath);

#endif

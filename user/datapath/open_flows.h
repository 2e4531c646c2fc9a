/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds and removes flows that are open: see enum portsieve_flow_table. */
#ifndef PORTSIEVE_OPEN_FLOWS_H
#define PORTSIEVE_OPEN_FLOWS_H

#include "datapath/datapath.h"
#include "host/conntrack.h"
#include "host/sockets.h"

/* The key of the flow that lets in packets of this direction, or packets to this socket. */
struct portsieve_flow_key flow_of_tracked(const struct tracked *tracked);
struct portsieve_flow_key flow_of_socket(const struct host_socket *socket);

/*
 * Removes these flows, and keeps answers to UDP and similar packets in flight from opening them
 * again. Returns 0 (also if there are no tables) or -errno.
 */
int open_flows_forbid(const struct datapath *datapath, const struct portsieve_flow_key *keys,
		      size_t count);

/* Removes the flows that `test` chooses. Returns 0 or -errno. */
typedef bool open_flow_test_fn(const struct portsieve_flow_key *key, void *context);
int open_flows_remove(const struct datapath *datapath, open_flow_test_fn *test, void *context);

#endif

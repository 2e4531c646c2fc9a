/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of flows, for `return: flow`: one set for all devices of a network namespace. Every
 * program refers to one array of maps, whose slots are empty until a policy needs the tables.
 * Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_FLOWS_H
#define PORTSIEVE_DATAPATH_FLOWS_H

#include "datapath/pins.h"

/* The kinds of their pins, by enum portsieve_flow_table; pinned beside each device that uses them.
 */
extern const char *const flow_kinds[PORTSIEVE_FLOW_TABLES];

/* Opens the array of tables that loaded devices use. Returns a descriptor; -1: there is none. */
int flow_tables_open(const struct datapath *datapath);

/* The id of a table in the array; 0: none. */
uint32_t flow_table_id(int tables_fd, enum portsieve_flow_table table);

/* Opens a table by the pin of any device. Returns a descriptor; -1: there is no table. */
int flow_table_open(const struct datapath *datapath, int tables_fd,
		    enum portsieve_flow_table table);

/*
 * Calls `take`, which may change the table, for each entry. Entries that come or go meanwhile may
 * be missing. Returns 0 or -errno.
 */
typedef void flow_take_fn(const struct portsieve_flow_key *key, const struct portsieve_flow *flow,
			  void *context);
int flow_table_walk(int table_fd, flow_take_fn *take, void *context);

/*
 * Makes the tables that are missing, or has another size: `flows` is that of PORTSIEVE_FLOWS, whose
 * entries are kept. Pins them for a device.
 */
int flows_provide(const struct datapath *datapath, uint32_t ifindex, int tables_fd, uint32_t flows,
		  struct error *error);

/* Frees the tables, if no policy of any device needs them. */
void flows_release(int tables_fd);

/*
 * Learns the flows that are open now: TCP and connected UDP sockets of this network namespace, and
 * what netfilter tracks in it. Entries that exist stay.
 */
int flows_seed(const struct datapath *datapath, uint32_t ifindex, int tables_fd,
	       struct error *error);

/* HZ of this kernel, and its count. */
uint32_t jiffies_per_second(void);
int jiffies_read(__u64 *ret_jiffies, struct error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of flows, for `return: flow`: one set for all devices of a network namespace. All
 * programs refer to one array of maps, whose slots are empty until a policy needs the tables.
 * Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_FLOWS_H
#define PORTSIEVE_DATAPATH_FLOWS_H

#include "datapath/pins.h"

/*
 * The kinds of their pins, by enum portsieve_flow_table. Each device that uses them has the pins.
 */
extern const char *const flow_kinds[PORTSIEVE_FLOW_TABLES];

/* Opens the array of tables that loaded devices use. Returns a descriptor; -1: there is none. */
int flow_tables_open(const struct datapath *datapath);

/* The id of a table in the array; 0: none. */
uint32_t flow_table_id(int tables_fd, enum portsieve_flow_table table);

/* Opens a table by any device's pin. Returns a descriptor; -1: there is no table. */
int flow_table_open(const struct datapath *datapath, int tables_fd,
		    enum portsieve_flow_table table);

/*
 * Calls `take`, which may change the table, for each entry. May miss entries that are added or
 * removed during the walk. Returns 0 or -errno.
 */
typedef void flow_take_fn(const struct portsieve_flow_key *key, const struct portsieve_flow *flow,
			  void *context);
int flow_table_walk(int table_fd, flow_take_fn *take, void *context);

/*
 * Makes the tables that are missing or have another size, keeping their entries, and pins them for
 * a device. `flows` is the size of PORTSIEVE_FLOWS.
 */
int flows_provide(const struct datapath *datapath, uint32_t ifindex, int tables_fd, uint32_t flows,
		  struct error *error);

/* Frees the tables, if no policy of any device needs them. */
void flows_release(int tables_fd);

/*
 * Adds the flows that are open now: TCP and connected UDP sockets of this network namespace, and
 * the connections that netfilter tracks in it. Keeps existing entries.
 */
int flows_seed(const struct datapath *datapath, uint32_t ifindex, int tables_fd,
	       struct error *error);

/* The kernel's HZ, and its current jiffies. */
uint32_t jiffies_per_second(void);
int jiffies_read(__u64 *ret_jiffies, struct error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flows that this machine or the hosts behind it have started. The egress program learns them. */
#ifndef PORTSIEVE_FLOW_MAPS_H
#define PORTSIEVE_FLOW_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <portsieve/abi.h>

/* Template of a table of flows. Userspace makes the tables once a policy needs them. */
struct flow_table {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PORTSIEVE_FLOWS_NEW);
	__uint(key_size, sizeof(struct portsieve_flow_key));
	__uint(value_size, sizeof(struct portsieve_flow));
};

/* The tables, by enum portsieve_flow_table. One map for all devices of a network namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PORTSIEVE_FLOW_TABLES);
	__type(key, __u32);
	__array(values, struct flow_table);
} flow_tables SEC(".maps");

/* The kernel's HZ. */
const volatile __u32 jiffies_per_second;

#endif

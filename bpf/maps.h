/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of the XDP program, and the constants that userspace sets before loading it. */
#ifndef PORTSIEVE_MAPS_H
#define PORTSIEVE_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <portsieve/abi.h>

#include "flow_maps.h"
#include "parse/cursor.h"
#include "policy_maps.h"

/* The counters, by counter id. They outlive policies. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PORTSIEVE_COUNTERS);
	__type(key, __u32);
	__type(value, struct portsieve_counter);
} counters SEC(".maps");

/* A copy of the headers of the frame that this CPU judges, if they exceed its first buffer. */
struct headers_copy {
	__u8 bytes[CURSOR_COPY_BYTES_MAX + CURSOR_HEADER_BYTES_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct headers_copy);
} headers SEC(".maps");

/* Template of a reply cache. Userspace creates one once a policy looks replies up. */
struct replies_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PORTSIEVE_REPLY_SETS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct portsieve_replies));
};

/* The reply cache of the devices that share a policy. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct replies_map);
} replies SEC(".maps");

/* How a look-up uses the reply cache. */
enum reply_cache {
	REPLY_CACHE_NONE,  /* not at all: see may_be_cached() */
	REPLY_CACHE_STORE, /* after a miss: store the result */
	REPLY_CACHE_ASK,   /* read it first, then as above */
};

/* This CPU's current look-up. In a map, so that the verifier does not track its content. */
struct reply_request {
	__u64 watched; /* the packed decision, if the device is watched (judge/watched.h) */
	__u32 flags;   /* this and the next three are those of the image */
	__u32 epoch;
	__u32 ephemeral_low;
	__u32 ephemeral_high;
	__u32 cache;	 /* enum reply_cache */
	__u32 ipv6;	 /* 0 or 1 */
	__u32 transport; /* packet_flow_transport() */
	__u32 tcp_flags;
	__u32 ports;
	__u32 addresses[2 * 4];
	__u32 counter;	  /* set by the fast path: the row if the packet is no reply */
	__u32 would_drop; /* likewise; 0 or 1 */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reply_request);
} reply_requests SEC(".maps");

/* In libxdp's dispatcher only: which program's turn it is to judge (judge/handover.h). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct portsieve_turn);
} turn SEC(".maps");

/* The turn that the previous program in the chain saw for this CPU's current packet. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} seen SEC(".maps");

/* Packets by port (judge/ports.h), by block. Created only with `per_port`. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PORTSIEVE_PORT_PLANES_ALL *PORTSIEVE_PORT_BLOCKS);
	__type(key, __u32);
	__type(value, struct portsieve_port_cells);
} port_cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PORTSIEVE_PORT_PLANES_ALL *PORTSIEVE_PORT_BLOCKS);
	__type(key, __u32);
	__type(value, struct portsieve_port_sums);
} port_sums SEC(".maps");

/* Recorded packets (judge/events.h): the slots of all CPUs, CPU by CPU. Only with `events`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PORTSIEVE_EVENT_SLOTS);
	__type(key, __u32);
	__type(value, struct portsieve_event);
} event_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct portsieve_event_head);
} event_heads SEC(".maps");

/* The filters of viewers. Each viewer writes its own, through mmap. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct portsieve_event_control);
} event_control SEC(".maps");

/* This program's turn in libxdp's dispatcher. */
const volatile __u32 own_turn;

/* Frames may have several buffers: the kernel (from 5.18) has bpf_xdp_load_bytes() and others. */
const volatile _Bool has_buffers;

/* Something beyond the counters is on: per_port or events. */
const volatile _Bool watching;
const volatile _Bool watching_all; /* not only packets that are dropped, or would be */

/* Count packets by port: those dropped, and those that would be, or all. */
const volatile _Bool per_port;
const volatile _Bool per_port_all;

/* Record packets: those dropped, and those that would be, or all. */
const volatile _Bool events;
const volatile _Bool events_all;

/* Store each decision in last_decision, for `explain` and `replay`. */
const volatile _Bool tracing;

struct portsieve_trace last_decision;

/* With `tracing`: the look-up that the current packet needs was left out. */
_Bool left_out_lookup;

#endif

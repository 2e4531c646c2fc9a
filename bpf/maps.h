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

/* Template of a cache of replies. Userspace makes one once a policy looks replies up. */
struct replies_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PORTSIEVE_REPLY_SETS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct portsieve_replies));
};

/* The cache of replies, of the devices that share their policy. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct replies_map);
} replies SEC(".maps");

/* What the cache of replies has to do with a look-up. */
enum reply_cache {
	REPLY_CACHE_NONE,  /* nothing: the packet may not use it */
	REPLY_CACHE_STORE, /* it did not have the packet */
	REPLY_CACHE_ASK,   /* it may have the packet */
};

/* What is asked of the packet that this CPU judges: memory that the verifier does not follow. */
struct reply_request {
	__u64 watched; /* what has been judged, if the device is watched: watched_pack_packet() */
	__u32 flags;   /* these four of the image */
	__u32 epoch;
	__u32 ephemeral_low;
	__u32 ephemeral_high;
	__u32 cache;	 /* enum reply_cache */
	__u32 ipv6;	 /* 0 or 1 */
	__u32 transport; /* packet_flow_transport() */
	__u32 tcp_flags;
	__u32 ports;
	__u32 addresses[2 * 4];
	__u32 counter;	  /* these two of the fast path: the row of a packet that is no reply, */
	__u32 would_drop; /* and 0 or 1 */
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

/* Packets by port (judge/ports.h), by block. Without per_port there are no such maps. */
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

/* Recorded packets (judge/events.h): slots of each CPU, laid end to end. Only with `events`. */
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

/* What viewers ask for; they write it by mmap, each its own filter. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct portsieve_event_control);
} event_control SEC(".maps");

/* This program's turn in libxdp's dispatcher. */
const volatile __u32 own_turn;

/* Frames may have several buffers: the kernel has bpf_xdp_get_buff_len and bpf_xdp_load_bytes
 * (5.18). */
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

/* With `tracing`: no socket was looked up for the current packet, as it would be otherwise. */
_Bool left_out_lookup;

#endif

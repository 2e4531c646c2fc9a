/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All maps of the program, and the constants that userspace sets before loading it. */
#ifndef PORTSIEVE_MAPS_H
#define PORTSIEVE_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <portsieve/abi.h>

#include "parse/cursor.h"

/* Template of an image map. Userspace creates one map per policy. */
struct image_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct portsieve_image));
	__uint(map_flags, BPF_F_RDONLY_PROG);
};

/* The images, by enum portsieve_slot. One update of a slot is the whole change of a policy. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PORTSIEVE_SLOTS);
	__type(key, __u32);
	__array(values, struct image_map);
} active SEC(".maps");

/* Templates of the tries for policies that name addresses. Memory is allocated per prefix. */
struct prefixes4_map {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, PORTSIEVE_PREFIXES_MAX);
	__uint(key_size, sizeof(struct portsieve_prefix4));
	__uint(value_size, sizeof(__u32));
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
};

struct prefixes6_map {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, PORTSIEVE_PREFIXES_MAX);
	__uint(key_size, sizeof(struct portsieve_prefix6));
	__uint(value_size, sizeof(__u32));
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
};

/* The tries, by the generation that an image names. They are filled before the image is in force.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PORTSIEVE_GENERATIONS);
	__type(key, __u32);
	__array(values, struct prefixes4_map);
} prefixes4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PORTSIEVE_GENERATIONS);
	__type(key, __u32);
	__array(values, struct prefixes6_map);
} prefixes6 SEC(".maps");

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

/* This program's turn in libxdp's dispatcher. */
const volatile __u32 own_turn;

/* Frames may have several buffers: the kernel has bpf_xdp_get_buff_len and bpf_xdp_load_bytes
 * (5.18). */
const volatile _Bool has_buffers;

/* Store each decision in last_decision, for `explain` and `replay`. */
const volatile _Bool tracing;

struct portsieve_trace last_decision;

/* With `tracing`: no socket was looked up for the current packet, as it would be otherwise. */
_Bool left_out_lookup;

#endif

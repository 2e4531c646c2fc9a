/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The policy maps, shared by the XDP program and the egress program. */
#ifndef PORTSIEVE_POLICY_MAPS_H
#define PORTSIEVE_POLICY_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <portsieve/abi.h>

/* Template of an image map. Userspace creates one map per policy. */
struct image_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct portsieve_image));
	__uint(map_flags, BPF_F_RDONLY_PROG);
};

/* The images, by enum portsieve_slot. A single update of a slot changes the policy. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PORTSIEVE_SLOTS_ALL);
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

/* The tries, by image.generation. They are filled before the image comes into force. */
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

#endif

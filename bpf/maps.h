/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every map of the program, and what userspace decides before loading. */
#ifndef PORTSIEVE_MAPS_H
#define PORTSIEVE_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <portsieve/abi.h>

/* The form of an image map; userspace makes one for each policy. */
struct image_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct portsieve_image));
	__uint(map_flags, BPF_F_RDONLY_PROG);
};

/* The policy in force: one slot, which one update swaps for every packet after it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct image_map);
} active SEC(".maps");

/* What was counted, by counter id; it outlives policies. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PORTSIEVE_COUNTERS);
	__type(key, __u32);
	__type(value, struct portsieve_counter);
} counters SEC(".maps");

/* Frames may have several buffers: the kernel knows bpf_xdp_get_buff_len (5.18). */
const volatile _Bool has_buffers;

/* Each decision is left in last_decision, for explain and replay. */
const volatile _Bool tracing;

struct portsieve_trace last_decision;

/* The image in force. The second look-up of an array's one element cannot fail. */
static inline __attribute__((always_inline)) const struct portsieve_image *image_in_force(void)
{
	__u32 slot = 0;
	void *image_map = bpf_map_lookup_elem(&active, &slot);

	return image_map ? bpf_map_lookup_elem(image_map, &slot) : (void *)0;
}

#endif

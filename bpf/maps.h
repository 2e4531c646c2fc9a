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

/* The policy in force: a slot, which one update swaps for every packet after it; enum
 * portsieve_slot.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PORTSIEVE_SLOTS);
	__type(key, __u32);
	__array(values, struct image_map);
} active SEC(".maps");

/* The forms of the tries of a policy that names addresses. They grow as they are filled. */
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

/* Tries by generation, of which images name theirs: they are there before the image is in force. */
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

/* What was counted, by counter id; it outlives policies. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PORTSIEVE_COUNTERS);
	__type(key, __u32);
	__type(value, struct portsieve_counter);
} counters SEC(".maps");

/* In libxdp's dispatcher only: whose turn it is to judge. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct portsieve_turn);
} turn SEC(".maps");

/* And whose turn the program before this one saw, for the packet that is under way on this CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} seen SEC(".maps");

/* The turn of this program in libxdp's dispatcher. */
const volatile __u32 own_turn;

/* Frames may have several buffers: the kernel knows bpf_xdp_get_buff_len (5.18). */
const volatile _Bool has_buffers;

/* Each decision is left in last_decision, for explain and replay. */
const volatile _Bool tracing;

struct portsieve_trace last_decision;

/* An image that waits to be confirmed goes when its time has come: the one before is in force. */
static __attribute__((noinline)) const struct portsieve_image *
image_while_unconfirmed(const struct portsieve_image *image)
{
	__u32 slot = PORTSIEVE_SLOT_BEFORE, element = 0;
	const struct portsieve_image *before;
	void *image_map;

	if (bpf_ktime_get_boot_ns() < image->confirm_until_ns)
		return image;
	image_map = bpf_map_lookup_elem(&active, &slot);
	before = image_map ? bpf_map_lookup_elem(image_map, &element) : (void *)0;
	return before ? before : image;
}

/* The image in force; NULL cannot be: the slot is filled before the program is attached. */
static inline __attribute__((always_inline)) const struct portsieve_image *image_in_force(void)
{
	__u32 zero = 0; /* PORTSIEVE_SLOT_NOW, and the one element of the image's map */
	const struct portsieve_image *image;
	void *image_map = bpf_map_lookup_elem(&active, &zero);

	image = image_map ? bpf_map_lookup_elem(image_map, &zero) : (void *)0;
	if (image && (__s32)image->flags < 0) /* UNCONFIRMED, in one instruction less */
		return image_while_unconfirmed(image);
	return image;
}

#endif

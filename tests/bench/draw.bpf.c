/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What testrun runs in front of a program under test, so that each run sees another packet: writes
 * the next variation's source address and destination port into the frame, then tail-calls the
 * program. `nothing` stands for an empty program there. Variations come from a table, in its order:
 * as with real packets, each is new memory.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#include "draw.h"

const volatile struct draw_places places;

__u32 turn;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct draw_variations);
} variations SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} tested SEC(".maps");

/* `bytes` is a constant wherever this is called. */
static __always_inline int bytes_write(struct xdp_md *context, __u32 at, const void *from,
				       __u32 bytes)
{
	__u8 *start = (void *)(long)context->data + at;

	if (at > DRAW_FRAME_BYTES || (void *)(start + bytes) > (void *)(long)context->data_end)
		return -1;
	__builtin_memcpy(start, from, bytes);
	return 0;
}

SEC("xdp.frags")
int draw(struct xdp_md *context)
{
	__u32 zero = 0;
	struct draw_variations *all = bpf_map_lookup_elem(&variations, &zero);
	int err;

	if (!all)
		return XDP_ABORTED;

	struct draw_variation *variation = &all->list[turn++ % DRAW_VARIATIONS];

	if (places.source_bytes == sizeof(variation->source))
		err = bytes_write(context, places.source_at, variation->source, 16);
	else
		err = bytes_write(context, places.source_at, variation->source, 4);
	if (err || bytes_write(context, places.port_at, &variation->port, sizeof(variation->port)))
		return XDP_ABORTED;
	bpf_tail_call_static(context, &tested, 0);
	return XDP_ABORTED;
}

SEC("xdp.frags")
int nothing(struct xdp_md *context)
{
	(void)context;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";

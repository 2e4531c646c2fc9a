/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The XDP program: parse -> classify -> count -> verdict. Each step is a header of its own; here is
 * only their order, and the two ways through it: a short one for plain packets, a whole one for
 * all.
 */
#include "judge/count.h"
#include "parse/plain.h"
#include "judge/handover.h"

/* Of all buffers. The call costs as much as the short way. */
portsieve_inline __u32 frame_length_bytes(struct xdp_md *ctx)
{
	if (has_buffers)
		return bpf_xdp_get_buff_len(ctx);
	return ctx->data_end - ctx->data;
}

portsieve_inline void trace(const struct packet *packet, const struct decision *decision)
{
	last_decision.counter = decision->counter;
	last_decision.range = decision->range;
	last_decision.drop = decision->drop;
	last_decision.has_port = packet->reason == PORTSIEVE_REASONS;
	last_decision.transport = packet->transport;
	last_decision.port = packet->port;
}

_Static_assert(XDP_PASS - 1 == XDP_DROP && PORTSIEVE_IMAGE_MONITOR == 1,
	       "carry_out() computes the verdict without a branch");

/* Counts a judged packet. Counting comes last: a look-up is a call to the compiler. */
portsieve_inline int carry_out(const struct portsieve_image *image, const struct packet *packet,
			       const struct decision *decision, __u32 length_bytes)
{
	__u32 carried_out = decision->drop & ~image->flags;

	if (tracing)
		trace(packet, decision);
	count(decision, length_bytes);
	return XDP_PASS - carried_out;
}

/* Any packet. Apart, so that its many ways do not slow down the plain one. */
static __attribute__((noinline)) int judge_any(struct xdp_md *ctx,
					       const struct portsieve_image *image)
{
	__u32 length_bytes = frame_length_bytes(ctx);
	struct decision decision;
	struct packet packet;

	parse_packet((void *)(long)ctx->data, (void *)(long)ctx->data_end, length_bytes, &packet);
	classify(image, &packet, &decision);
	return carry_out(image, &packet, &decision, length_bytes);
}

/* A plain packet, unless more than its port decides it. */
portsieve_inline int judge_plain(struct xdp_md *ctx, const struct portsieve_image *image,
				 const struct packet *packet, __u32 length_bytes)
{
	__u32 entry = port_entry(image, packet);
	struct decision decision;

	if (is_reference(entry))
		return judge_any(ctx, image);
	decide_by_entry(image, packet, entry, &decision);
	return carry_out(image, packet, &decision, length_bytes);
}

portsieve_inline int judge(struct xdp_md *ctx)
{
	const struct portsieve_image *image = image_in_force(); /* the only look-up of the policy */
	const void *frame, *frame_end;
	struct packet packet;
	struct plain plain;
	__u32 length_bytes;

	if (!image) /* cannot be: the slot is filled before the program is attached */
		return XDP_PASS;
	frame = (void *)(long)ctx->data;
	frame_end = (void *)(long)ctx->data_end;
	length_bytes = frame_end - frame;
	cursor_keep(length_bytes); /* one register to the end instead of two */
	/* two calls of judge_plain, so that UDP is not asked about flags: 1 ns */
	if (find_plain(frame, frame_end, length_bytes, &plain)) {
		if (plain.protocol == IPPROTO_TCP && plain_tcp(&plain, &packet))
			return judge_plain(ctx, image, &packet, length_bytes);
		if (plain.protocol == IPPROTO_UDP && plain_udp(&plain, &packet))
			return judge_plain(ctx, image, &packet, length_bytes);
	}
	return judge_any(ctx, image);
}

SEC("xdp")
int portsieve(struct xdp_md *ctx)
{
	return judge(ctx);
}

/* The same in libxdp's dispatcher, where programs stand in a chain: XDP_PASS goes on to the next.
 */
SEC("?xdp")
int portsieve_chain(struct xdp_md *ctx)
{
	return is_own_turn() ? judge(ctx) : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

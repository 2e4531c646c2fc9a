/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The XDP program: image -> parse -> classify -> count -> verdict. Each step has its own header;
 * this file only puts them in order. There are two paths: a fast path for plain packets, and a full
 * path for any packet.
 */
#include "judge/count.h"
#include "judge/handover.h"
#include "judge/image.h"
#include "judge/reply.h"
#include "parse/plain.h"

enum {
	COPY_BYTES_FIRST = 512,		  /* enough for all headers but those made to be long */
	COPIED_FRAME_BYTES_MAX = 1 << 24, /* gives the verifier a bound */
};

/* The length of all buffers. The helper call costs as much as the whole fast path. */
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
	last_decision.asks = left_out_lookup;
	left_out_lookup = 0;
	last_decision.has_port = packet->reason == PORTSIEVE_REASONS;
	last_decision.transport = packet->transport;
	last_decision.port = packet->port;
}

_Static_assert(XDP_PASS - 1 == XDP_DROP && PORTSIEVE_IMAGE_MONITOR == 1,
	       "carry_out() computes the verdict without a branch");

/* Counts the packet and returns the XDP verdict. Counting is last: its lookup clobbers registers.
 */
portsieve_inline int carry_out(const struct portsieve_image *image, const struct packet *packet,
			       const struct decision *decision, __u32 length_bytes)
{
	__u32 carried_out = decision->drop & ~image->flags;

	if (tracing)
		trace(packet, decision);
	count(decision, length_bytes);
	return XDP_PASS - carried_out;
}

/* Judges a packet by its headers, and by the sockets of this host if it may be a reply. */
portsieve_inline int judge_parsed(struct xdp_md *ctx, const struct portsieve_image *image,
				  const struct packet *packet, __u32 length_bytes)
{
	struct decision decision;

	classify(image, packet, &decision);
	if (may_be_reply(image, packet, &decision))
		pass_reply(ctx, image, packet, &decision);
	return carry_out(image, packet, &decision, length_bytes);
}

/*
 * Copies the first `bytes` of the frame, or the whole frame if it is shorter. Returns the copy, and
 * its length in *ret_bytes. NULL never happens.
 */
portsieve_inline const void *copy_headers(struct xdp_md *ctx, __u32 length_bytes, __u64 bytes,
					  __u64 *ret_bytes)
{
	__u32 zero = 0;
	struct headers_copy *copy = bpf_map_lookup_elem(&headers, &zero);

	if (length_bytes < bytes)
		bytes = length_bytes;
	/* a frame has at least ETH_HLEN; old verifiers (6.1) need both bounds of one register */
	cursor_keep(bytes);
	if (!copy || bytes < ETH_HLEN || bytes > sizeof(copy->bytes) ||
	    bpf_xdp_load_bytes(ctx, 0, copy->bytes, bytes))
		return (void *)0;
	*ret_bytes = bytes;
	return copy->bytes;
}

/* Judges a plain packet from a copy of its headers. Negative if the packet is not plain. */
static __attribute__((noinline)) int
judge_plain_copy(struct xdp_md *ctx, const struct portsieve_image *image, __u32 length_bytes)
{
	__u64 copy_bytes;
	const void *copy = copy_headers(ctx, length_bytes, PLAIN_HEADERS_BYTES_MAX, &copy_bytes);
	struct packet packet;

	if (!copy || length_bytes > COPIED_FRAME_BYTES_MAX ||
	    !parse_plain(copy, copy + length_bytes, &packet))
		return -1;
	return judge_parsed(ctx, image, &packet, length_bytes);
}

/*
 * Judges any packet from a copy of its first copy_bytes. Negative if its headers exceed that. Not
 * static, so that the verifier verifies it once, for any numbers, and not again at each call. An
 * image cannot be handed over then: it is looked up again.
 */
__attribute__((noinline)) int judge_copy(struct xdp_md *ctx, __u32 length_bytes, __u64 copy_bytes)
{
	const struct portsieve_image *image;
	const void *copy;
	struct packet packet;

	if (!has_buffers)
		return XDP_DROP; /* never happens */
	image = image_in_force();
	copy = copy_headers(ctx, length_bytes, copy_bytes, &copy_bytes);
	if (!image || !copy)
		return XDP_DROP; /* never happens */
	if (!parse_copy(copy, copy_bytes, length_bytes, *(const __u64 *)copy, &packet))
		return -1;
	return judge_parsed(ctx, image, &packet, length_bytes);
}

/* Judges a packet whose headers exceed its first buffer, which has first_bytes. */
portsieve_inline int judge_copies(struct xdp_md *ctx, const struct portsieve_image *image,
				  __u32 length_bytes, __u32 first_bytes)
{
	int action = -1;

	if (first_bytes < PLAIN_HEADERS_BYTES_MIN)
		action = judge_plain_copy(ctx, image, length_bytes);
	if (action < 0)
		action = judge_copy(ctx, length_bytes, COPY_BYTES_FIRST);
	if (action < 0)
		action = judge_copy(ctx, length_bytes, CURSOR_COPY_BYTES_MAX);
	return action;
}

/* The full path. Not inlined: its many branches would slow down the fast path. */
static __attribute__((noinline)) int judge_any(struct xdp_md *ctx,
					       const struct portsieve_image *image)
{
	__u32 length_bytes = frame_length_bytes(ctx);
	__u32 first_bytes = ctx->data_end - ctx->data;
	struct packet packet;

	if (!parse_packet((void *)(long)ctx->data, (void *)(long)ctx->data_end, length_bytes,
			  &packet) &&
	    has_buffers)
		return judge_copies(ctx, image, length_bytes, first_bytes);
	return judge_parsed(ctx, image, &packet, length_bytes);
}

/* The fast path; falls back to the full path if more than the port decides. */
portsieve_inline int judge_plain(struct xdp_md *ctx, const struct portsieve_image *image,
				 const struct packet *packet, __u32 length_bytes)
{
	__u32 entry = port_entry(image, packet);
	struct decision decision;

	if (is_reference(entry))
		return judge_any(ctx, image);
	decide_by_entry(image, packet, entry, &decision);
	if (may_be_reply(image, packet, &decision))
		return judge_any(ctx, image);
	return carry_out(image, packet, &decision, length_bytes);
}

portsieve_inline int judge(struct xdp_md *ctx)
{
	const struct portsieve_image *image = image_in_force(); /* the only lookup of the policy */
	const void *frame, *frame_end;
	struct packet packet;
	struct plain plain;
	__u32 length_bytes;

	if (!image) /* never happens: the slot is filled before the program is attached */
		return XDP_PASS;
	frame = (void *)(long)ctx->data;
	frame_end = (void *)(long)ctx->data_end;
	length_bytes = frame_end - frame;
	cursor_keep(length_bytes); /* keeps one register alive instead of two */
	/* judge_plain is inlined twice, so that UDP skips the checks of TCP flags: 1 ns */
	if (length_bytes <= PLAIN_FRAME_BYTES_MAX && find_plain(frame, frame_end, &plain)) {
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

/* The same for a chain of programs in libxdp's dispatcher: XDP_PASS continues with the next one. */
SEC("?xdp")
int portsieve_chain(struct xdp_md *ctx)
{
	return is_own_turn() ? judge(ctx) : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

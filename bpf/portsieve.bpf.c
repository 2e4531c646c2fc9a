/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The XDP program: image -> parse -> classify -> count -> verdict. Each step has its own header;
 * this file only puts them in order. There are two paths: a fast path for plain packets, and a full
 * path for any packet.
 */
#include "judge/count.h"
#include "judge/events.h"
#include "judge/frame.h"
#include "judge/handover.h"
#include "judge/image.h"
#include "judge/ports.h"
#include "judge/reply.h"
#include "map_lookup.h"
#include "parse/plain.h"

enum {
	COPY_BYTES_FIRST = 512,		  /* enough for all but contrived header chains */
	COPIED_FRAME_BYTES_MAX = 1 << 24, /* gives the verifier a bound */
};

/* The length of all buffers. The helper call costs as much as the whole fast path. */
portsieve_inline __u32 frame_length_bytes(struct xdp_md *ctx)
{
	if (has_buffers)
		return bpf_xdp_get_buff_len(ctx);
	return ctx->data_end - ctx->data;
}

/* Counts the packet by port and records it, if the device was loaded for that. */
portsieve_inline void watch(struct xdp_md *ctx, __u64 judged)
{
	__u32 verdict = watched_verdict(judged);

	if (!watching_all && verdict == PORTSIEVE_PASSED)
		return;
	if (per_port && (per_port_all || verdict != PORTSIEVE_PASSED))
		count_by_port(judged);
	if (events && (events_all || verdict != PORTSIEVE_PASSED))
		offer_event(ctx, judged);
}

/* Counts the packet and returns the XDP verdict. Counting is last: its lookup clobbers registers.
 */
portsieve_inline int carry_out(const struct portsieve_image *image, const struct packet *packet,
			       const struct decision *decision, __u32 length_bytes)
{
	__u32 verdict = verdict_of(image, decision);

	if (tracing) {
		trace(packet, decision, verdict, left_out_lookup, &last_decision);
		left_out_lookup = 0;
	}
	count(decision, verdict, length_bytes);
	return XDP_PASS - (verdict & 1);
}

/* Where this CPU keeps the packed decision on its current packet. Never NULL. */
portsieve_inline __u64 *judged_so_far(void)
{
	__u32 zero = 0;
	struct reply_request *request = bpf_map_lookup_elem(&reply_requests, &zero);

	return request ? &request->watched : (void *)0;
}

/*
 * Carries out a decision, unless the packet is a reply. watch() runs later, when the callers of
 * this function have returned, since they need the stack. The packed decision waits in memory:
 * tracking it in a register would multiply the verifier's paths.
 */
portsieve_inline int judge_decided(struct xdp_md *ctx, const struct portsieve_image *image,
				   const struct packet *packet, struct decision *decision,
				   __u32 length_bytes)
{
	__u64 *judged;

	if (watching) {
		judged = judged_so_far();
		if (judged)
			*judged = watched_pack_packet(packet);
	}
	if (may_be_reply(image, packet, decision))
		pass_reply(ctx, image, packet, decision);
	if (watching) {
		judged = judged_so_far();
		if (judged)
			*judged |= watched_pack_decision(decision, verdict_of(image, decision));
	}
	return carry_out(image, packet, decision, length_bytes);
}

/* Judges a packet by its headers, and by the sockets of this host if it may be a reply. */
portsieve_inline int judge_parsed(struct xdp_md *ctx, const struct portsieve_image *image,
				  struct packet *packet, __u32 length_bytes)
{
	struct decision decision;

	classify(image, packet, &decision);
	return judge_decided(ctx, image, packet, &decision, length_bytes);
}

/*
 * Copies the first `bytes` of the frame, or the whole frame if it is shorter. Returns the copy, and
 * its length in *ret_bytes. Never NULL.
 */
portsieve_inline const void *copy_headers(struct xdp_md *ctx, __u32 length_bytes, __u64 bytes,
					  __u64 *ret_bytes)
{
	__u32 zero = 0;
	struct headers_copy *copy = bpf_map_lookup_elem(&headers, &zero);

	if (length_bytes < bytes)
		bytes = length_bytes;
	/* a frame has at least ETH_HLEN; old verifiers (6.1) need both bounds on one register */
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
 * Judges any packet from a copy of its first copy_bytes. Negative if its headers exceed that. A
 * global function, which the verifier checks once and not at each call. Such a function cannot take
 * the image as an argument, so it looks it up again.
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

/* Judges a packet whose headers exceed its first buffer. */
portsieve_inline int judge_copies(struct xdp_md *ctx, const struct portsieve_image *image)
{
	__u32 length_bytes = frame_length_bytes(ctx);
	__u32 first_bytes = ctx->data_end - ctx->data;
	int action = -1;

	if (first_bytes < PLAIN_HEADERS_BYTES_MIN)
		action = judge_plain_copy(ctx, image, length_bytes);
	if (action < 0)
		action = judge_copy(ctx, length_bytes, COPY_BYTES_FIRST);
	if (action < 0)
		action = judge_copy(ctx, length_bytes, CURSOR_COPY_BYTES_MAX);
	return action;
}

/*
 * The full path. Negative if the headers exceed the first buffer. Not inlined: its many branches
 * would slow down the fast path.
 */
static __attribute__((noinline)) int judge_any(struct xdp_md *ctx,
					       const struct portsieve_image *image)
{
	__u32 length_bytes = frame_length_bytes(ctx);
	struct packet packet;
	struct decision decision;

	if (!judge_frame(image, (void *)(long)ctx->data, (void *)(long)ctx->data_end, length_bytes,
			 &packet, &decision))
		/* without buffers, the first one holds the whole frame */
		return has_buffers ? -1 : XDP_DROP;
	return judge_decided(ctx, image, &packet, &decision, length_bytes);
}

/* What the fast path returns instead of a verdict. */
enum fast_path {
	FAST_UNDECIDED = -1, /* the full path must judge the packet */
	FAST_LOOK_UP = -2,   /* it may be a reply: look up this CPU's request */
};

/*
 * For a plain packet that its range drops: passes it if it is in the reply cache, else fills in
 * this CPU's request with the look-up and the decision. Finds the headers again, since keeping them
 * would slow down packets that are judged by their port alone. Inlined, since a call costs more
 * than the rest of this function.
 */
portsieve_inline int judge_reply(struct xdp_md *ctx, const struct portsieve_image *image,
				 __u32 tcp_flags, struct decision *decision)
{
	const void *frame = (void *)(long)ctx->data, *frame_end = (void *)(long)ctx->data_end;
	struct cache_key key = { .epoch = image->epoch };
	struct reply_request *request;
	struct plain plain;
	__u32 reason;

	if (!find_plain(frame, frame_end, &plain)) /* never happens */
		return FAST_UNDECIDED;
	key.addresses = plain.addresses;
	key.ipv6 = plain.family;
	key.ports = *(const __u32 *)plain.l4;
	key.transport = plain.protocol == IPPROTO_UDP ? PORTSIEVE_UDP : PORTSIEVE_TCP;
	/* the verifier may have lost the bounds of an IPv6 header */
	if (key.ipv6 && key.addresses + sizeof(__u32) * CACHE_WORDS_IPV6 > frame_end)
		return FAST_UNDECIDED;
	reason = cache_find(&key);
	if (reason != PORTSIEVE_REASONS) {
		pass_by(reason, decision);
		count(decision, PORTSIEVE_PASSED, frame_end - frame);
		return XDP_PASS;
	}
	request = request_write(image, &key, tcp_flags, REPLY_CACHE_STORE);
	if (!request) /* never happens */
		return FAST_UNDECIDED;
	request->counter = decision->counter;
	request->would_drop = verdict_of(image, decision) == PORTSIEVE_WOULD_DROP;
	return FAST_LOOK_UP;
}

/* Judges by this CPU's request. All input comes from memory, so the verifier sees one path. */
portsieve_inline int judge_request(struct xdp_md *ctx)
{
	__u32 zero = 0, reason = look_up_reply(ctx), verdict = PORTSIEVE_PASSED;
	const struct reply_request *request = bpf_map_lookup_elem(&reply_requests, &zero);
	struct decision decision = { .counter = reason };

	if (!request) /* never happens */
		return XDP_PASS;
	if (reason == PORTSIEVE_REASONS) {
		decision.counter = request->counter;
		verdict = PORTSIEVE_DROPPED + (request->would_drop & 1);
	}
	count(&decision, verdict, ctx->data_end - ctx->data);
	return XDP_PASS - (verdict & 1);
}

/*
 * Judges a plain packet by its port. Negative: see enum fast_path. If the device is watched, the
 * bits above the XDP verdict are the packed decision.
 */
portsieve_inline __s64 judge_plain(struct xdp_md *ctx, const struct portsieve_image *image,
				   const struct packet *packet, __u32 length_bytes, _Bool watched)
{
	__u32 entry = port_entry(image, packet);
	struct decision decision;
	__u64 judged = 0;

	if (is_reference(entry))
		return FAST_UNDECIDED;
	decide_by_entry(image, packet, entry, &decision);
	if (!may_be_reply(image, packet, &decision)) {
		__u32 verdict = verdict_of(image, &decision);

		if (watched && (watching_all || verdict != PORTSIEVE_PASSED))
			judged = watched_pack_packet(packet) |
				 watched_pack_decision(&decision, verdict);
		return judged | carry_out(image, packet, &decision, length_bytes);
	}
	/* on watched devices the full path does this: twice would exceed the verifier's budget */
	if (watched || tracing || !may_be_cached(packet) || !range_asks(image, decision.range) ||
	    image->flags & PORTSIEVE_IMAGE_RETURN_ESTABLISHED)
		return FAST_UNDECIDED;
	return judge_reply(ctx, image, packet->tcp_flags, &decision);
}

/* The fast path. Negative: see enum fast_path. */
portsieve_inline __s64 judge_fast(struct xdp_md *ctx, const struct portsieve_image *image,
				  _Bool watched)
{
	const void *frame = (void *)(long)ctx->data, *frame_end = (void *)(long)ctx->data_end;
	__u32 length_bytes = frame_end - frame;
	struct packet packet;
	struct plain plain;
	__s64 judged = FAST_UNDECIDED;

	cursor_keep(length_bytes); /* keeps one register alive instead of two */
	/* judge_plain is inlined twice, so that UDP skips the checks of TCP flags: 1 ns */
	if (length_bytes <= PLAIN_FRAME_BYTES_MAX && find_plain(frame, frame_end, &plain)) {
		if (plain.protocol == IPPROTO_TCP && plain_tcp(&plain, &packet))
			judged = judge_plain(ctx, image, &packet, length_bytes, watched);
		else if (plain.protocol == IPPROTO_UDP && plain_udp(&plain, &packet))
			judged = judge_plain(ctx, image, &packet, length_bytes, watched);
	}
	return judged;
}

portsieve_inline int judge(struct xdp_md *ctx, _Bool watched)
{
	const struct portsieve_image *image = image_in_force(); /* the only lookup of the policy */
	__s64 judged;

	if (!image) /* never happens: the slot is filled before the program is attached */
		return XDP_PASS;
	judged = judge_fast(ctx, image, watched);
	if (judged < 0) {
		int action;
		__u64 *kept;

		if (!watched && judged == FAST_LOOK_UP)
			return judge_request(ctx);
		action = judge_any(ctx, image);
		/* not in judge_any(), where it would take more stack */
		if (action < 0 && has_buffers)
			action = judge_copies(ctx, image);
		if (!watched)
			return action;
		kept = judged_so_far();
		judged = kept ? *kept | action : action;
	}
	if (watched) {
		/* the verifier does not know the length */
		judged = cursor_forgotten(judged, ctx->data_end - ctx->data);
		watch(ctx, judged);
	}
	return judged & WATCHED_ACTION;
}

SEC("xdp")
int portsieve(struct xdp_md *ctx)
{
	return judge(ctx, 0);
}

/* The same for a watched device. A separate program, so that other devices do not pay for it. */
SEC("?xdp")
int portsieve_watch(struct xdp_md *ctx)
{
	return judge(ctx, 1);
}

/* The same for a chain of programs in libxdp's dispatcher: XDP_PASS continues with the next one. */
SEC("?xdp")
int portsieve_chain(struct xdp_md *ctx)
{
	if (!is_own_turn())
		return XDP_PASS;
	return watching ? judge(ctx, 1) : judge(ctx, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

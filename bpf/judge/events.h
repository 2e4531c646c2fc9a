/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records packets into the slots of `events`: a random sample, and those that match a viewer's
 * filter. While there are no filters, a packet outside the sample only decrements a counter.
 */
#ifndef PORTSIEVE_EVENTS_H
#define PORTSIEVE_EVENTS_H

#include "judge/image.h"
#include "judge/watched.h"
#include "maps.h"

/* Ethernet, one VLAN tag and an IPv6 header. */
enum { EVENT_SOURCE_MAX = sizeof(struct ethhdr) + 4 + sizeof(struct ipv6hdr) };

/*
 * Reads the source address of an IP packet with at most one VLAN tag. Returns 1 for IPv6, 0 for
 * IPv4 (in the first word), -1 for any other packet: the viewer then filters by itself.
 */
portsieve_inline int read_source(struct xdp_md *ctx, __u32 source[4])
{
	const __u8 *frame = (void *)(long)ctx->data, *frame_end = (void *)(long)ctx->data_end;
	const __be16 *ethertype = (void *)frame + 2 * ETH_ALEN;
	const __u32 *at;
	int ipv6;

	if (frame + EVENT_SOURCE_MAX > frame_end)
		return -1;
	if (*ethertype == BE16(ETH_P_8021Q))
		ethertype += 2;
	ipv6 = *ethertype == BE16(ETH_P_IPV6);
	if (!ipv6 && *ethertype != BE16(ETH_P_IP))
		return -1;
	at = (void *)ethertype + sizeof(*ethertype) +
	     (ipv6 ? offsetof(struct ipv6hdr, saddr) : offsetof(struct iphdr, saddr));
	for (int i = 0; i < 4; i++)
		source[i] = at[i];
	return ipv6;
}

portsieve_inline _Bool prefix_matches(const struct portsieve_event_filter *filter,
				      const __u32 source[4])
{
	__u32 difference = 0;

#pragma unroll
	for (int i = 0; i < 4; i++)
		difference |= (source[i] & filter->mask[i]) ^ filter->source[i];
	return !difference;
}

portsieve_inline _Bool filter_matches(const struct portsieve_event_filter *filter, __u64 judged)
{
	if (filter->verdicts && !(filter->verdicts >> watched_verdict(judged) & 1))
		return 0;
	if (filter->fields & PORTSIEVE_EVENT_PORT &&
	    (!watched_has_port(judged) || watched_port(judged) != filter->port ||
	     !(filter->transports >> watched_transport(judged) & 1)))
		return 0;
	if (filter->fields & PORTSIEVE_EVENT_RANGES &&
	    !ids_have(&filter->ranges, watched_range(judged)))
		return 0;
	return !(filter->fields & PORTSIEVE_EVENT_REASON) ||
	       watched_counter(judged) == filter->reason;
}

/*
 * Does a filter ask for the packet? This and write_event() are not inlined, so that they use the
 * stack one after the other.
 */
static __attribute__((noinline)) int
is_asked_for(struct xdp_md *ctx, const struct portsieve_event_control *control, __u64 judged)
{
	__u32 source[4] = {};
	int ipv6 = read_source(ctx, source);

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < PORTSIEVE_EVENT_FILTERS; i++) {
		const struct portsieve_event_filter *filter = &control->filter[i];

		if (control->active >> i & 1 && filter_matches(filter, judged) &&
		    (!(filter->fields & PORTSIEVE_EVENT_PREFIX) || ipv6 < 0 ||
		     (filter->ipv6 == (__u32)ipv6 && prefix_matches(filter, source))))
			return 1;
	}
	return 0;
}

/* Ends filters that are no longer renewed. Once a second at most: reading the clock is slow. */
portsieve_inline void end_filters(struct portsieve_event_control *control)
{
	__u64 now_ns = bpf_ktime_get_boot_ns();

	for (__u32 i = 0; i < PORTSIEVE_EVENT_FILTERS; i++)
		if (control->active >> i & 1 && control->filter[i].until_ns < now_ns)
			control->active &= ~(1u << i);
}

/* Copies the first bytes of the frame. */
portsieve_inline void copy_frame(struct xdp_md *ctx, struct portsieve_event *event)
{
	const __u8 *frame = (void *)(long)ctx->data, *frame_end = (void *)(long)ctx->data_end;
	__u64 bytes = frame_end - frame;
	__u32 i;

	if (has_buffers)
		bytes = bpf_xdp_get_buff_len(ctx);
	event->length_bytes = bytes;
	if (has_buffers) {
		if (bytes > PORTSIEVE_EVENT_SNAP)
			bytes = PORTSIEVE_EVENT_SNAP;
		cursor_keep(bytes); /* as in copy_headers() */
		if (bytes < ETH_HLEN || bytes > PORTSIEVE_EVENT_SNAP ||
		    bpf_xdp_load_bytes(ctx, 0, event->frame, bytes))
			bytes = 0;
		event->captured_bytes = bytes;
		return;
	}
	for (i = 0; i < PORTSIEVE_EVENT_SNAP && frame + i + 1 <= frame_end; i++)
		event->frame[i] = frame[i];
	event->captured_bytes = i;
}

/* PORTSIEVE_EVENT_SAMPLE on average; a constant step would alias with periodic traffic. */
portsieve_inline __u32 random_steps(void)
{
	__u32 steps = bpf_get_prandom_u32() & (2 * PORTSIEVE_EVENT_SAMPLE - 1);

	return steps ? steps : PORTSIEVE_EVENT_SAMPLE;
}

/* Draws the distance to the next sampled packet. Returns the weight of this one. */
portsieve_inline __u32 next_sample(struct portsieve_event_head *head)
{
	__u32 weight = head->weight ? head->weight : 1;

	if (head->whole) {
		head->whole -= 1;
		head->steps = 1;
		head->weight = 1;
	} else {
		head->steps = random_steps();
		head->weight = PORTSIEVE_EVENT_SAMPLE;
	}
	return weight;
}

static __attribute__((noinline)) int
write_event(struct xdp_md *ctx, struct portsieve_event_head *head, __u64 judged, __u32 weight)
{
	__u64 number = head->number + 1;
	__u32 slot = bpf_get_smp_processor_id() * PORTSIEVE_EVENT_SLOTS +
		     (number & (PORTSIEVE_EVENT_SLOTS - 1));
	struct portsieve_event *event = bpf_map_lookup_elem(&event_slots, &slot);
	const struct portsieve_image *image = image_in_force();

	if (!event || !image)
		return 0;
	head->number = number;
	*(volatile __u64 *)&event->beginning = number;
	event->time_ns = bpf_ktime_get_boot_ns();
	event->applied_ns = image->applied_ns;
	event->counter = watched_counter(judged);
	event->range = watched_range(judged);
	event->port = watched_port(judged);
	event->transport = watched_transport(judged);
	event->has_port = watched_has_port(judged);
	event->verdict = watched_verdict(judged);
	event->weight = weight;
	copy_frame(ctx, event);
	*(volatile __u64 *)&event->ending = number;
	return 0;
}

/*
 * Records the packet if it is in the sample or a filter asks for it. Static: on Linux 5.10 a
 * program in a dispatcher cannot hand its context to a function that is not.
 */
static __attribute__((noinline)) int record_event(struct xdp_md *ctx, __u64 judged)
{
	struct portsieve_event_control *control;
	struct portsieve_event_head *head;
	_Bool is_sampled, is_asked = 0;
	__u32 zero = 0, weight = 0;
	__u64 now;

	if (!events)
		return 0; /* never happens */
	control = bpf_map_lookup_elem(&event_control, &zero);
	head = bpf_map_lookup_elem(&event_heads, &zero);
	if (!control || !head)
		return 0;
	/* without filters, offer_event() has counted all the steps */
	is_sampled = head->steps <= 1 || head->skips;
	if (!is_sampled)
		head->steps -= 1;
	if (control->active)
		is_asked = is_asked_for(ctx, control, judged);
	if (!is_sampled && !is_asked)
		return 0;
	now = bpf_jiffies64();
	if (now - head->second >= jiffies_per_second) {
		head->second = now;
		head->whole = PORTSIEVE_EVENT_WHOLE;
		head->matches = 0;
		end_filters(control);
	}
	if (is_sampled) {
		weight = next_sample(head);
		/* with filters, every packet comes here */
		head->skips = !control->active;
		head->countdown = head->skips ? head->steps : 1;
	} else if (head->matches == PORTSIEVE_EVENT_MATCHES) {
		head->suppressed += 1;
		return 0;
	} else {
		head->matches += 1;
	}
	write_event(ctx, head, judged, weight);
	return 0;
}

/* Calls record_event() if the packet is in the sample, or if there are filters. */
portsieve_inline void offer_event(struct xdp_md *ctx, __u64 judged)
{
	__u32 zero = 0;
	struct portsieve_event_head *head = bpf_map_lookup_elem(&event_heads, &zero);

	if (!head)
		return;
	if (head->countdown > 1)
		head->countdown -= 1;
	else
		record_event(ctx, judged);
}

#endif

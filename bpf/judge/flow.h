/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flows: learns outgoing packets, and recognises their replies. Rules R7 and R8 of docs/packets.md.
 * TCP is learned in two steps: an outgoing SYN makes an entry in FLOWS_OPEN, which moves to FLOWS
 * when the peer has answered and another segment has been sent. So SYN floods, incoming or
 * outgoing, cannot evict connections.
 */
#ifndef PORTSIEVE_FLOW_H
#define PORTSIEVE_FLOW_H

#include "flow_maps.h"
#include "judge/classify.h"

/* memcpy by 4 bytes: from void pointers, clang copies byte by byte. */
portsieve_inline void copy_words(void *to, const void *from, int words)
{
#pragma unroll
	for (int i = 0; i < words; i++)
		((__u32 *)to)[i] = ((const __u32 *)from)[i];
}

/* NULL until a policy needs the tables. */
portsieve_inline void *flow_table(__u32 table)
{
	return bpf_map_lookup_elem(&flow_tables, &table);
}

/* The key of an incoming or outgoing packet, with `addresses` and `ports` as in its headers. */
portsieve_inline void flow_key(struct portsieve_flow_key *key, const void *addresses, __u32 ipv6,
			       __u32 ports, __u32 transport, _Bool leaves)
{
	void *source = leaves ? key->local : key->remote;
	void *destination = leaves ? key->remote : key->local;

	*key = (struct portsieve_flow_key){ .transport = transport, .ipv6 = ipv6 };
	if (ipv6) {
		copy_words(source, addresses, 4);
		copy_words(destination, addresses + 16, 4);
	} else {
		copy_words(source, addresses, 1);
		copy_words(destination, addresses + 4, 1);
	}
	*(__u32 *)&key->remote_port = leaves ? ports >> 16 | ports << 16 : ports;
}

/* Signed: another CPU may have written a time that is later than our `now`. */
portsieve_inline _Bool flow_is_alive(const struct portsieve_flow *flow, __u64 now, __u32 seconds)
{
	return (__s64)(now - flow->seen) < (__s64)((__u64)seconds * jiffies_per_second);
}

/* At most once a second: a store makes the other CPUs fetch the line again. */
portsieve_inline void flow_refresh(struct portsieve_flow *flow, __u64 now)
{
	if ((__s64)(now - flow->seen) >= jiffies_per_second)
		flow->seen = now;
}

/* How long an entry of FLOWS is valid. */
portsieve_inline __u32 flow_seconds(const struct portsieve_flow *flow, __u32 transport)
{
	if (transport != PORTSIEVE_TCP)
		return PORTSIEVE_FLOW_UDP_SECONDS;
	return flow->state & PORTSIEVE_FLOW_CLOSING ? PORTSIEVE_FLOW_CLOSING_SECONDS
						    : PORTSIEVE_FLOW_TCP_SECONDS;
}

/*
 * The reason to pass an incoming packet, or PORTSIEVE_REASONS. Refreshes the flow; a closing one is
 * refreshed by outgoing packets only. A SYN passes only in answer to a SYN.
 */
portsieve_inline __u32 flow_reason(const struct portsieve_flow_key *key, _Bool is_syn)
{
	__u64 now = bpf_jiffies64();
	void *flows = flow_table(PORTSIEVE_FLOWS), *open = flow_table(PORTSIEVE_FLOWS_OPEN);
	struct portsieve_flow *flow;

	if (!flows || !open)
		return PORTSIEVE_REASONS;
	flow = is_syn ? (void *)0 : bpf_map_lookup_elem(flows, key);
	if (flow && flow_is_alive(flow, now, flow_seconds(flow, key->transport))) {
		if (!(flow->state & PORTSIEVE_FLOW_CLOSING))
			flow_refresh(flow, now);
		return flow->state & PORTSIEVE_FLOW_GRACE ? PORTSIEVE_RETURN_GRACE
							  : PORTSIEVE_RETURN_FLOW;
	}
	if (key->transport != PORTSIEVE_TCP)
		return PORTSIEVE_REASONS;
	flow = bpf_map_lookup_elem(open, key);
	if (!flow || !flow_is_alive(flow, now, PORTSIEVE_FLOW_OPEN_SECONDS))
		return PORTSIEVE_REASONS;
	if (!(flow->state & PORTSIEVE_FLOW_ANSWERED))
		flow->state |= PORTSIEVE_FLOW_ANSWERED;
	return PORTSIEVE_RETURN_FLOW;
}

/*
 * Under `mode: monitor` a packet passes although it would be dropped. Its answer must not be
 * learned, or what follows would count as a reply. Not for TCP: it is learned from SYNs only.
 */
portsieve_inline void flow_mark(const struct portsieve_flow_key *key)
{
	struct portsieve_flow flow = { .seen = bpf_jiffies64() };
	void *marked = flow_table(PORTSIEVE_FLOWS_MARKED);

	if (marked)
		bpf_map_update_elem(marked, key, &flow, BPF_ANY);
}

portsieve_inline _Bool flow_is_marked(const struct portsieve_flow_key *key, __u64 now)
{
	void *marked = flow_table(PORTSIEVE_FLOWS_MARKED);
	const struct portsieve_flow *flow = marked ? bpf_map_lookup_elem(marked, key) : (void *)0;

	return flow && flow_is_alive(flow, now, PORTSIEVE_FLOW_UDP_SECONDS);
}

/* Learns an outgoing packet of a transport other than TCP. */
portsieve_inline void flow_learn_packet(const struct portsieve_flow_key *key)
{
	struct portsieve_flow learned = { .seen = bpf_jiffies64() };
	void *flows = flow_table(PORTSIEVE_FLOWS);
	struct portsieve_flow *flow = flows ? bpf_map_lookup_elem(flows, key) : (void *)0;

	if (flow)
		flow_refresh(flow, learned.seen);
	else if (flows && !flow_is_marked(key, learned.seen))
		bpf_map_update_elem(flows, key, &learned, BPF_ANY);
}

/* Updates the flow of an outgoing segment. */
portsieve_inline void flow_goes_on(struct portsieve_flow *flow, __u32 tcp_flags, __u64 now)
{
	if (tcp_flags & (FLAG_FIN | FLAG_RST) && !(flow->state & PORTSIEVE_FLOW_CLOSING)) {
		flow->state |= PORTSIEVE_FLOW_CLOSING;
		flow->seen = now;
	} else if (!(tcp_flags & FLAG_RST)) {
		flow_refresh(flow, now);
	}
}

/* Learns an outgoing TCP segment. `in_grace`: even if no SYN of its connection was seen. */
portsieve_inline void flow_learn_tcp(const struct portsieve_flow_key *key, __u32 tcp_flags,
				     _Bool in_grace)
{
	void *flows = flow_table(PORTSIEVE_FLOWS), *open = flow_table(PORTSIEVE_FLOWS_OPEN);
	struct portsieve_flow learned = { .seen = bpf_jiffies64() };
	struct portsieve_flow *flow;

	if (!flows || !open)
		return;
	if (opens_connection(tcp_flags)) {
		bpf_map_delete_elem(flows, key); /* an earlier connection, closed by now */
		bpf_map_update_elem(open, key, &learned, BPF_ANY);
		return;
	}
	flow = bpf_map_lookup_elem(flows, key);
	if (flow) {
		flow_goes_on(flow, tcp_flags, learned.seen);
		return;
	}
	if (tcp_flags & (FLAG_SYN | FLAG_RST))
		return;
	flow = bpf_map_lookup_elem(open, key);
	if (flow && flow->state & PORTSIEVE_FLOW_ANSWERED &&
	    flow_is_alive(flow, learned.seen, PORTSIEVE_FLOW_OPEN_SECONDS))
		bpf_map_delete_elem(open, key);
	else if (in_grace)
		learned.state = PORTSIEVE_FLOW_GRACE;
	else
		return;
	if (tcp_flags & FLAG_FIN)
		learned.state |= PORTSIEVE_FLOW_CLOSING;
	bpf_map_update_elem(flows, key, &learned, BPF_ANY);
}

#endif

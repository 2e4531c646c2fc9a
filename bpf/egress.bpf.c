/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The egress program, for `return: flow`: it learns the flows of outgoing packets, so that the XDP
 * program passes the replies. It changes and drops nothing. It runs after netfilter's output hooks,
 * on TCX or clsact, and after all other programs there.
 */
#include "judge/flow.h"
#include "judge/image.h"
#include "map_lookup.h"
#include "parse/parse.h"

enum {
	TCX_NEXT = -1, /* and TC_ACT_UNSPEC: the next program decides */
	HEADERS_BYTES = 256,
};

/* An outgoing packet, and its answer: the same with addresses and ports swapped. */
struct leaving {
	struct portsieve_flow_key key;
	__u32 tcp_flags;
	__u32 transport;   /* that judges the answer */
	__u32 answer_port; /* host order */
	__u32 answer_addresses[2 * 4];
};

/* This CPU's current packet. In a map, so that the verifier does not track its content. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct leaving);
} scratch SEC(".maps");

portsieve_inline void describe(struct leaving *leaving, const struct packet *packet)
{
	const struct l4_ports *ports = (const struct l4_ports *)&packet->ports;

	flow_key(&leaving->key, packet->addresses, packet->family, packet->ports,
		 packet_flow_transport(packet), 1);
	leaving->transport = packet->transport;
	leaving->tcp_flags = packet->tcp_flags;
	leaving->answer_port = be16_to_host(ports->source);
	if (packet->family == PACKET_IPV6) {
		copy_words(leaving->answer_addresses, packet->addresses + 16, 4);
		copy_words(leaving->answer_addresses + 4, packet->addresses, 4);
	} else {
		copy_words(leaving->answer_addresses, packet->addresses + 4, 1);
		copy_words(leaving->answer_addresses + 1, packet->addresses, 1);
	}
}

/* Does any policy drop the answer: the current one, the next, or the one a rollback returns to? */
portsieve_inline _Bool answer_needs_flow(const struct leaving *leaving, __u64 *ret_grace_until_ns)
{
	struct packet answer = {
		.transport = leaving->transport,
		.family = leaving->key.ipv6,
		.tcp_flags = FLAG_ACK,
		.port = leaving->answer_port,
		.addresses = leaving->answer_addresses,
	};
	_Bool needs = 0;

	for (__u32 slot = 0; slot < PORTSIEVE_SLOTS_ALL; slot++) {
		__u32 key = slot, element = 0;
		void *image_map = bpf_map_lookup_elem(&active, &key);
		const struct portsieve_image *image =
			image_map ? bpf_map_lookup_elem(image_map, &element) : (void *)0;
		struct decision decision;

		if (!image)
			continue;
		decide_by_rules(image, &answer, 0, port_entry(image, &answer), &decision);
		if (!decision.drop)
			continue;
		needs = 1;
		if (image->grace_until_ns > *ret_grace_until_ns)
			*ret_grace_until_ns = image->grace_until_ns;
	}
	return needs;
}

enum seen {
	SEEN_NOTHING,	 /* a packet without a flow */
	SEEN_FLOW,	 /* described in `scratch` */
	SEEN_TOO_LITTLE, /* the headers exceed the linear part of the packet */
};

/*
 * Describes the packet in `scratch`. This and learn() are global functions: the verifier checks
 * each once, and learn() not for every path through the parser.
 */
__attribute__((noinline)) int look(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct leaving *leaving = bpf_map_lookup_elem(&scratch, &zero);
	struct packet packet;

	if (!leaving) /* never happens */
		return SEEN_NOTHING;
	if (!parse_packet((void *)(long)skb->data, (void *)(long)skb->data_end, skb->len, &packet))
		return SEEN_TOO_LITTLE;
	if (packet.reason != PORTSIEVE_REASONS || !packet.ports)
		return SEEN_NOTHING;
	describe(leaving, &packet);
	return SEEN_FLOW;
}

/* Learns the flow that look() has described. */
__attribute__((noinline)) int learn(void)
{
	__u32 zero = 0;
	const struct leaving *leaving = bpf_map_lookup_elem(&scratch, &zero);
	__u64 grace_until_ns = 0;
	struct portsieve_flow_key key;

	if (!leaving || !answer_needs_flow(leaving, &grace_until_ns))
		return 0;
	key = leaving->key; /* old kernels take keys from the stack only */
	if (key.transport == PORTSIEVE_TCP)
		flow_learn_tcp(&key, leaving->tcp_flags,
			       grace_until_ns && bpf_ktime_get_boot_ns() < grace_until_ns);
	else
		flow_learn_packet(&key);
	return 0;
}

SEC("tc")
int portsieve_egress(struct __sk_buff *skb)
{
	__u32 bytes = skb->len < HEADERS_BYTES ? skb->len : HEADERS_BYTES;
	int seen = look(skb);

	if (seen == SEEN_TOO_LITTLE && !bpf_skb_pull_data(skb, bytes))
		seen = look(skb);
	if (seen == SEEN_FLOW)
		learn();
	return TCX_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

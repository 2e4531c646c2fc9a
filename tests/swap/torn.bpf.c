/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Controls of the swap test: broken filters on portsieve's maps, which look up the policy twice for
 * one packet. `whole` takes as long and looks it up once. They know no
 * packets but those of the flood: IPv4 without options, UDP.
 */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include "maps.h"

#define torn_inline static inline __attribute__((always_inline))

enum { DAWDLE_WORDS = 2048 };

enum tear {
	TEAR_NOTHING,
	TEAR_ROWS,     /* entry of the first look-up, counter row of the second */
	TEAR_VERDICTS, /* counted by the first, judged by the second */
};

__u32 sink;

torn_inline const struct portsieve_image *look_up(void)
{
	__u32 slot = 0;
	void *image_map = bpf_map_lookup_elem(&active, &slot);

	return image_map ? bpf_map_lookup_elem(image_map, &slot) : (void *)0;
}

/* Gives a swap time to happen. */
torn_inline void dawdle(const struct portsieve_image *image)
{
	__u32 sum = 0;

	for (__u32 word = 0; word < DAWDLE_WORDS; word++)
		sum += image->port[PORTSIEVE_TCP][word];
	sink = sum;
}

/* The destination port, or -1. */
torn_inline int port_of(const struct xdp_md *context)
{
	const struct ethhdr *ethernet = (void *)(long)context->data;
	const struct iphdr *ip = (void *)(ethernet + 1);
	const struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > (void *)(long)context->data_end ||
	    ethernet->h_proto != __builtin_bswap16(ETH_P_IP) || ip->protocol != IPPROTO_UDP)
		return -1;
	return __builtin_bswap16(udp->dest);
}

torn_inline void add(__u32 id, _Bool drop, __u32 length_bytes)
{
	struct portsieve_counter *row = bpf_map_lookup_elem(&counters, &id);

	if (!row)
		return;
	row->verdict[drop].packets += 1;
	row->verdict[drop].bytes += length_bytes;
}

/*
 * A's default is to allow, B's to drop. Verdicts are torn on the way from A only: what that takes
 * from the packets passed in a band, the way back would return.
 */
torn_inline _Bool is_torn(const struct portsieve_image *first, enum tear tear)
{
	return tear == TEAR_ROWS ||
	       (tear == TEAR_VERDICTS && !(first->flags & PORTSIEVE_IMAGE_DEFAULT_DROP));
}

torn_inline int judge(const struct xdp_md *context, enum tear tear)
{
	const struct portsieve_image *first = look_up(), *second;
	__u32 length_bytes = context->data_end - context->data;
	int port = port_of(context);
	__u16 entry, id;

	if (!first)
		return XDP_PASS;
	if (port < 0) {
		add(PORTSIEVE_OTHER_PROTOCOL, 0, length_bytes);
		return XDP_PASS;
	}
	dawdle(first);
	second = is_torn(first, tear) ? look_up() : first;
	if (!second)
		return XDP_PASS;
	entry = first->port[PORTSIEVE_UDP][port & 0xffff];
	id = (tear == TEAR_ROWS ? second : first)->counter[entry & PORTSIEVE_ENTRY_RANGE];
	add(id, entry / PORTSIEVE_ENTRY_DROP, length_bytes);
	if (tear == TEAR_VERDICTS)
		entry = second->port[PORTSIEVE_UDP][port & 0xffff];
	return entry & PORTSIEVE_ENTRY_DROP ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int whole(struct xdp_md *context)
{
	return judge(context, TEAR_NOTHING);
}

SEC("xdp")
int torn_rows(struct xdp_md *context)
{
	return judge(context, TEAR_ROWS);
}

SEC("xdp")
int torn_verdicts(struct xdp_md *context)
{
	return judge(context, TEAR_VERDICTS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

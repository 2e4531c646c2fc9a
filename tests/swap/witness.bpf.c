/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs after the filter, where packets enter the stack, and counts the passed packets by port,
 * independently of the filter. It drops them: processing in the stack would only cost time.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>

enum { PORTS = 65536 };

/* Packets by destination port; at 0 those that are not of the flood. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PORTS);
	__type(key, __u32);
	__type(value, __u64);
} passed SEC(".maps");

SEC("tc")
int witness(struct __sk_buff *skb)
{
	const struct ethhdr *ethernet = (void *)(long)skb->data;
	const struct iphdr *ip = (void *)(ethernet + 1);
	const struct udphdr *udp = (void *)(ip + 1);
	__u32 port = 0;
	__u64 *packets;

	if ((void *)(udp + 1) <= (void *)(long)skb->data_end &&
	    ethernet->h_proto == __builtin_bswap16(ETH_P_IP) && ip->protocol == IPPROTO_UDP)
		port = __builtin_bswap16(udp->dest);
	packets = bpf_map_lookup_elem(&passed, &port);
	if (packets)
		__sync_fetch_and_add(packets, 1);
	return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

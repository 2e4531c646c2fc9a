/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The classic mistake of a port filter: it drops unknown packets, and with them ARP and neighbour
 * discovery. A control for tests/e2e/neighbours.bats, which must detect it.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int deaf(struct xdp_md *context)
{
	void *end = (void *)(long)context->data_end;
	struct ethhdr *ethernet = (void *)(long)context->data;
	struct ipv6hdr *ipv6 = (void *)(ethernet + 1);

	if ((void *)(ethernet + 1) > end)
		return XDP_DROP;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (ethernet->h_proto != bpf_htons(ETH_P_IPV6) || (void *)(ipv6 + 1) > end)
		return XDP_DROP;
	return ipv6->nexthdr == IPPROTO_TCP || ipv6->nexthdr == IPPROTO_UDP ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

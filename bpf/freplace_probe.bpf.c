/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does this kernel support replacing a function of a BPF program (freplace)? libxdp's dispatcher
 * depends on it. These two programs are loaded to find out, and are never attached to a device.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("?xdp")
int replaceable(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("?freplace/replaceable")
int replacement(struct xdp_md *ctx)
{
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does this kernel replace functions of BPF programs (freplace)? Two programs that are loaded to
 * find that out, and never attached to a device: libxdp's dispatcher is made of such replacements.
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

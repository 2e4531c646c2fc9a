/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * XDP programs that look at nothing: the ceiling against which a filter's rate is measured, and
 * a target for tests of attaching next to a foreign program.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int empty_drop(struct xdp_md *context)
{
	return XDP_DROP;
}

SEC("xdp")
int empty_pass(struct xdp_md *context)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

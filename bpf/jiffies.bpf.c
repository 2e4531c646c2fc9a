/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the kernel's jiffies, the clock of flows, for userspace. Test-run, never attached. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 jiffies_now;

SEC("xdp")
int read_jiffies(struct xdp_md *ctx)
{
	jiffies_now = bpf_jiffies64();
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

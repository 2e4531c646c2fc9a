/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Drops every packet at the tc hook without a look: no filter of tc can be faster there. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int shot(struct __sk_buff *packet)
{
	return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bound of goodput.py: the empty program that drops, and lets the service through by one
 * comparison. Only for IPv4 without options, which is all that the bench sends.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum {
	ETHERTYPE_AT = 12,
	PORT_AT = 36,
	IPV4 = 0x0800,
	SERVICE_PORT = 7, /* as goodput.py */
};

SEC("xdp")
int bound(struct xdp_md *context)
{
	void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;

	if (data + PORT_AT + 2 > end || *(__be16 *)(data + ETHERTYPE_AT) != bpf_htons(IPV4) ||
	    *(__be16 *)(data + PORT_AT) == bpf_htons(SERVICE_PORT))
		return XDP_PASS;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

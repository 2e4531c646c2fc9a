/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What gives one namespace of the stack's judge a socket on every port: a socket look-up for TCP
 * and UDP of both families. UDP-Lite and multicast have no such look-up; their sockets are bound.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define FAMILY_IPV6  10
#define PROTOCOL_UDP 17

/* Key: 0 TCP over IPv4, 1 TCP over IPv6, 2 UDP over IPv4, 3 UDP over IPv6. */
struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} sockets SEC(".maps");

SEC("sk_lookup")
int every_port(struct bpf_sk_lookup *context)
{
	__u32 key = (context->family == FAMILY_IPV6) + 2 * (context->protocol == PROTOCOL_UDP);
	struct bpf_sock *socket = bpf_map_lookup_elem(&sockets, &key);

	if (!socket)
		return SK_PASS;
	bpf_sk_assign(context, socket, 0);
	bpf_sk_release(socket);
	return SK_PASS;
}

/*
 * Marks the L4 checksum as verified, as an adapter does. Without it, the stack would drop most
 * mutated packets for their checksum, and the judge would see nothing of them.
 */
SEC("tc")
int checksum_is_good(struct __sk_buff *context)
{
	bpf_csum_level(context, BPF_CSUM_LEVEL_INC);
	return -1; /* TC_ACT_UNSPEC */
}

/* Stands on the open side where portsieve stands on the filtered one: both take the same path. */
SEC("xdp")
int open_side(struct xdp_md *context)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The program of an old ABI, as far as the test of upgrades needs it: IPv4 without options, TCP and
 * UDP by port, on the maps of ABI 3 and 4. The layouts are written out here: they never change.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_helpers.h>

enum {
	IMAGE_BYTES = 1 << 21,
	COUNTERS = 48 + 16 + 2 * 16384,
	OTHER_PROTOCOL = 18, /* a row */
	ENTRY_DROP = 0x8000,
	ENTRY_RANGE = 0x7fff,
	FLAG_MONITOR = 1,
};

struct old_image {
	__u32 abi;
	__u32 flags;
	__u64 drop_knobs;
	__u16 port[4][65536];
	__u16 counter[32768];
	__u8 rest[IMAGE_BYTES - 16 - 4 * 65536 * 2 - 32768 * 2];
};

_Static_assert(sizeof(struct old_image) == IMAGE_BYTES, "the size of an old image");

struct old_row {
	struct {
		__u64 packets;
		__u64 bytes;
	} verdict[2];
	__u64 new_connections;
};

struct image_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, IMAGE_BYTES);
	__uint(map_flags, BPF_F_RDONLY_PROG);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct image_map);
} active SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, struct old_row);
} counters SEC(".maps");

static __attribute__((always_inline)) void add(__u32 id, _Bool drop, __u32 length_bytes)
{
	struct old_row *row = bpf_map_lookup_elem(&counters, &id);

	if (!row)
		return;
	row->verdict[drop].packets += 1;
	row->verdict[drop].bytes += length_bytes;
}

SEC("xdp")
int old(struct xdp_md *context)
{
	const struct ethhdr *ethernet = (void *)(long)context->data;
	const struct iphdr *ip = (void *)(ethernet + 1);
	const struct udphdr *ports = (void *)(ip + 1);
	__u32 length_bytes = context->data_end - context->data, zero = 0;
	void *image_map = bpf_map_lookup_elem(&active, &zero);
	const struct old_image *image =
		image_map ? bpf_map_lookup_elem(image_map, &zero) : (void *)0;
	__u16 entry;

	if (!image)
		return XDP_PASS;
	if ((void *)(ports + 1) > (void *)(long)context->data_end ||
	    ethernet->h_proto != __builtin_bswap16(ETH_P_IP) ||
	    (ip->protocol != IPPROTO_UDP && ip->protocol != IPPROTO_TCP)) {
		add(OTHER_PROTOCOL, 0, length_bytes);
		return XDP_PASS;
	}
	entry = image->port[ip->protocol == IPPROTO_UDP][__builtin_bswap16(ports->dest)];
	add(image->counter[entry & ENTRY_RANGE], entry / ENTRY_DROP, length_bytes);
	return entry & ENTRY_DROP && !(image->flags & FLAG_MONITOR) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

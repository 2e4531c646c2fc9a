/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Implements judge/lookup.h by the policy maps and the kernel's clock. */
#ifndef PORTSIEVE_MAP_LOOKUP_H
#define PORTSIEVE_MAP_LOOKUP_H

#include "judge/lookup.h"
#include "policy_maps.h"

/* address_bytes is 4 or 16. A key for IPv4 is the beginning of one for IPv6. */
portsieve_inline __u32 class_in(void *trie, const void *addresses, __u32 address_bytes,
				enum portsieve_direction direction)
{
	struct portsieve_prefix6 key = { .length = PORTSIEVE_DIRECTION_BITS + 8 * address_bytes };
	const __u32 *found;

	if (!trie)
		return 0;
	key.direction[3] = direction;
	__builtin_memcpy(key.address, addresses + direction * address_bytes, address_bytes);
	found = bpf_map_lookup_elem(trie, &key);
	return found ? *found : 0;
}

portsieve_inline __u32 class_of_ipv4(const struct portsieve_image *image, const void *addresses,
				     enum portsieve_direction direction)
{
	__u32 generation = image->generation;

	return class_in(bpf_map_lookup_elem(&prefixes4, &generation), addresses, 4, direction);
}

portsieve_inline __u32 class_of_ipv6(const struct portsieve_image *image, const void *addresses,
				     enum portsieve_direction direction)
{
	__u32 generation = image->generation;

	return class_in(bpf_map_lookup_elem(&prefixes6, &generation), addresses, 16, direction);
}

portsieve_inline __u64 boottime_of(const struct portsieve_image *image)
{
	return bpf_ktime_get_boot_ns();
}

#endif

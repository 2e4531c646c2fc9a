/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ports whose decision depends on addresses or on the time: from the reference that a flat table
 * holds to a range. Apart from the way of the others, which pay one comparison for it.
 */
#ifndef PORTSIEVE_CONDITION_H
#define PORTSIEVE_CONDITION_H

#include "maps.h"
#include "parse/packet.h"

/*
 * The verifier's view of reference_number. Kept, so that what is compared with a limit is what then
 * indexes: verifiers before 6.2 do not know the bounds of one for the other.
 */
portsieve_inline __u64 bounded_number(__u32 entry)
{
	__u64 number = reference_number(entry);

	cursor_keep(number);
	return number;
}

/* What a trie says of an address, whose words are 4 bytes each; 0 when it knows no prefix of it. */
portsieve_inline __u32 class_of_ipv4(const struct portsieve_image *image, const void *addresses,
				     enum portsieve_direction direction)
{
	struct portsieve_prefix4 key = { .length = PORTSIEVE_PREFIX4_BITS };
	__u32 generation = image->generation;
	void *trie = bpf_map_lookup_elem(&prefixes4, &generation);
	const __u32 *class;

	if (!trie)
		return 0;
	key.direction[3] = direction;
	__builtin_memcpy(key.address, addresses + direction * sizeof(key.address),
			 sizeof(key.address));
	class = bpf_map_lookup_elem(trie, &key);
	return class ? *class : 0;
}

portsieve_inline __u32 class_of_ipv6(const struct portsieve_image *image, const void *addresses,
				     enum portsieve_direction direction)
{
	struct portsieve_prefix6 key = { .length = PORTSIEVE_PREFIX6_BITS };
	__u32 generation = image->generation;
	void *trie = bpf_map_lookup_elem(&prefixes6, &generation);
	const __u32 *class;

	if (!trie)
		return 0;
	key.direction[3] = direction;
	__builtin_memcpy(key.address, addresses + direction * sizeof(key.address),
			 sizeof(key.address));
	class = bpf_map_lookup_elem(trie, &key);
	return class ? *class : 0;
}

/* Looks up only where the policy names addresses of the family. */
portsieve_inline __u32 class_of(const struct portsieve_image *image, const void *addresses,
				__u32 family, enum portsieve_direction direction)
{
	if (family == PACKET_IPV4)
		return image->flags & PORTSIEVE_IMAGE_PREFIXES4
			       ? class_of_ipv4(image, addresses, direction)
			       : 0;
	return image->flags & PORTSIEVE_IMAGE_PREFIXES6 ? class_of_ipv6(image, addresses, direction)
							: 0;
}

/* The condition that an entry refers to; NULL when it refers to none, as PORTSIEVE_ENTRY_FALL. */
portsieve_inline const struct portsieve_condition *condition_of(const struct portsieve_image *image,
								__u32 entry)
{
	__u64 number;

	if (!is_reference(entry))
		return (void *)0;
	number = bounded_number(entry);
	if (number >= PORTSIEVE_CONDITIONS_MAX)
		return (void *)0;
	return &image->condition[number];
}

/* One step by an address: the entry of its class in the condition's row of the sparse table. */
portsieve_inline __u32 step_by_address(const struct portsieve_image *image, const void *addresses,
				       __u32 family, enum portsieve_direction direction,
				       __u32 entry)
{
	const struct portsieve_condition *condition = condition_of(image, entry);
	const struct portsieve_cell *cell;
	__u32 class;

	if (!condition || condition->kind != PORTSIEVE_BY_SOURCE + direction)
		return entry;
	class = class_of(image, addresses, family, direction);
	cell = &image->cell[(condition->base + class) & (PORTSIEVE_CELLS - 1)];
	return cell->condition == bounded_number(entry) + 1 ? cell->entry : condition->otherwise;
}

/* The steps by time, one behind the other. */
portsieve_inline __u32 steps_by_time(const struct portsieve_image *image, __u32 entry)
{
	const struct portsieve_condition *condition = condition_of(image, entry);
	__u64 now_ns;

	if (!condition || condition->kind != PORTSIEVE_BY_TIME)
		return entry;
	now_ns = bpf_ktime_get_boot_ns();
#pragma unroll
	for (int step = 0; step < PORTSIEVE_EXPIRIES_MAX; step++) {
		entry = now_ns < condition->until_ns ? condition->then : condition->otherwise;
		condition = condition_of(image, entry);
		if (!condition)
			break;
	}
	return entry;
}

/*
 * The range and the verdict behind a reference of a flat table. `addresses` are those of the IP
 * header: source, then destination.
 */
static __attribute__((noinline)) __u32 resolve(const struct portsieve_image *image,
					       const void *addresses, __u32 family, __u32 entry)
{
	__u64 number = bounded_number(entry);
	__u32 otherwise;

	if (number > PORTSIEVE_PORT_CLASSES_MAX)
		return entry;
	otherwise = image->port_class[number].otherwise;
	entry = image->port_class[number].condition;
	entry = step_by_address(image, addresses, family, PORTSIEVE_SOURCE, entry);
	entry = step_by_address(image, addresses, family, PORTSIEVE_DESTINATION, entry);
	entry = steps_by_time(image, entry);
	return is_reference(entry) ? otherwise : entry;
}

#endif

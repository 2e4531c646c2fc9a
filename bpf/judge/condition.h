/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ports whose decision depends on addresses or time: resolves a reference in a flat table to a
 * range (see enum portsieve_references). Other ports pay one comparison for it.
 */
#ifndef PORTSIEVE_CONDITION_H
#define PORTSIEVE_CONDITION_H

#include "judge/lookup.h"
#include "parse/packet.h"

/*
 * reference_number for use as an index. cursor_keep forces one register for the comparison with a
 * limit and for the index: verifiers before 6.2 do not carry the bounds over to a copy.
 */
portsieve_inline __u64 bounded_number(__u32 entry)
{
	__u64 number = reference_number(entry);

	cursor_keep(number);
	return number;
}

/* Looks up only if the policy names addresses of the family. */
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

/* The condition that an entry refers to; NULL for a range and for PORTSIEVE_ENTRY_FALL. */
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

/* The entry of a class of addresses in a condition's row of cells. */
portsieve_inline __u32 entry_of_class(const struct portsieve_image *image,
				      const struct portsieve_condition *condition, __u32 entry,
				      __u32 class)
{
	const struct portsieve_cell *cell =
		&image->cell[(condition->base + class) & (PORTSIEVE_CELLS - 1)];

	return cell->condition == bounded_number(entry) + 1 ? cell->entry : condition->otherwise;
}

/*
 * Evaluates a condition on an address. By source, a row may hold only the classes in which it
 * differs from another row, and leave the others to that one.
 */
portsieve_inline __u32 step_by_address(const struct portsieve_image *image, const void *addresses,
				       __u32 family, enum portsieve_direction direction,
				       __u32 entry)
{
	const struct portsieve_condition *condition = condition_of(image, entry);
	__u32 class;

	if (!condition || condition->kind != PORTSIEVE_BY_SOURCE + direction)
		return entry;
	class = class_of(image, addresses, family, direction);
	entry = entry_of_class(image, condition, entry, class);
	if (direction != PORTSIEVE_SOURCE)
		return entry;
	condition = condition_of(image, entry);
	if (condition && condition->kind == PORTSIEVE_BY_SOURCE)
		entry = entry_of_class(image, condition, entry, class);
	return entry;
}

/* Evaluates the conditions on time, one after the other. */
portsieve_inline __u32 steps_by_time(const struct portsieve_image *image, __u32 entry)
{
	const struct portsieve_condition *condition = condition_of(image, entry);
	__u64 now_ns;

	if (!condition || condition->kind != PORTSIEVE_BY_TIME)
		return entry;
	now_ns = boottime_of(image);
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
 * Resolves a reference of a flat table to a range id with its verdict. `addresses` points to the
 * source address in the IP header; the destination follows.
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classified prefixes: finding them, and which classes have addresses. */
#include "compile/addresses.h"

#include <stdlib.h>

void addresses_free(struct addresses *addresses)
{
	free(addresses->list);
	*addresses = (struct addresses){ 0 };
}

size_t addresses_find(const struct addresses *addresses, enum portsieve_direction direction,
		      const struct policy_prefix *prefix)
{
	size_t low = 0, high = addresses->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct address_class *one = &addresses->list[middle];
		int order = one->direction - (int)direction;

		if (!order)
			order = policy_prefix_compare(&one->prefix, prefix);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void addresses_find_families(const struct addresses *addresses,
			     uint8_t families[PORTSIEVE_DIRECTIONS][PORTSIEVE_CLASSES_MAX])
{
	unsigned __int128 held[PORTSIEVE_DIRECTIONS][POLICY_FAMILIES] = { 0 };
	bool is_held[PORTSIEVE_DIRECTIONS][POLICY_FAMILIES] = { 0 };

	for (size_t i = 0; i < addresses->count; i++) {
		const struct address_class *one = &addresses->list[i];

		if (!one->empty)
			families[one->direction][one->class] |= 1 << one->prefix.family;
	}
	/* class 0: the addresses outside of the outermost prefixes */
	for (size_t i = 0; i < addresses->count; i = addresses->list[i].end) {
		const struct address_class *one = &addresses->list[i];
		unsigned __int128 *sum = &held[one->direction][one->prefix.family];

		*sum += prefix_addresses(&one->prefix);
		is_held[one->direction][one->prefix.family] = !*sum; /* 2^128 in all */
	}
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		for (int family = 0; family < POLICY_FAMILIES; family++)
			if (!is_held[direction][family])
				families[direction][0] |= 1 << family;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classified prefixes: finding one, and which classes any address has. */
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

/* The addresses of a prefix, modulo 2^128: all of ::/0 are 0. IPv4 counts in the highest bits. */
static unsigned __int128 size_of(const struct policy_prefix *prefix)
{
	return prefix->length ? (unsigned __int128)1 << (128 - prefix->length) : 0;
}

/*
 * Sets the family of the outer prefix's class unless the prefixes in it, from list[at] on, fill it,
 * and those of their classes. Returns the index after them.
 */
static size_t find_families(const struct addresses *addresses, const struct address_class *outer,
			    size_t at, uint8_t families[][PORTSIEVE_CLASSES_MAX])
{
	unsigned __int128 filled = 0;
	size_t first = at;

	while (at < addresses->count) {
		const struct address_class *inner = &addresses->list[at];

		if (inner->direction != outer->direction ||
		    !policy_prefix_holds(&outer->prefix, &inner->prefix))
			break;
		filled += size_of(&inner->prefix);
		at = find_families(addresses, inner, at + 1, families);
	}
	if (at == first || filled != size_of(&outer->prefix))
		families[outer->direction][outer->class] |= 1 << outer->prefix.family;
	return at;
}

void addresses_find_families(const struct addresses *addresses,
			     uint8_t families[PORTSIEVE_DIRECTIONS][PORTSIEVE_CLASSES_MAX])
{
	size_t at = 0;

	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		for (int family = POLICY_IPV4; family <= POLICY_IPV6; family++) {
			struct address_class all = { { .family = family }, direction, 0 };

			at = find_families(addresses, &all, at, families);
		}
}

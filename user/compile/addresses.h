/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes and the classes of their addresses: the compiler's second output, after the image. The
 * datapath puts them into tries.
 */
#ifndef PORTSIEVE_ADDRESSES_H
#define PORTSIEVE_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portsieve/abi.h>

#include "policy/policy.h"

/* The bits 1 << enum policy_family of all families. */
enum { ADDRESSES_ALL_FAMILIES = (1 << POLICY_FAMILIES) - 1 };

struct address_class {
	struct policy_prefix prefix;
	uint8_t direction; /* enum portsieve_direction */
	bool empty;	   /* longer prefixes cover all its addresses */
	uint32_t class;	   /* of the addresses in no longer prefix of its direction */
	uint32_t end;	   /* index after the last entry inside this prefix */
};

/* Sources first, then by policy_prefix_compare, without duplicates per direction. */
struct addresses {
	struct address_class *list;
	size_t count;
};

void addresses_free(struct addresses *addresses);
#define _cleanup_addresses_ __attribute__((cleanup(addresses_free)))

/*
 * The number of addresses in a prefix modulo 2^128, which is 0 for ::/0. An IPv4 prefix counts like
 * the IPv6 prefix of the same length.
 */
static inline unsigned __int128 prefix_addresses(const struct policy_prefix *prefix)
{
	return prefix->length ? (unsigned __int128)1 << (128 - prefix->length) : 0;
}

/* Index of the first entry of the direction that does not sort before the prefix. */
size_t addresses_find(const struct addresses *addresses, enum portsieve_direction direction,
		      const struct policy_prefix *prefix);

/*
 * Sets the bit 1 << family of each class with an address of the family. A prefix that longer ones
 * cover gives its class no address. `families` must be all zero.
 */
void addresses_find_families(const struct addresses *addresses,
			     uint8_t families[PORTSIEVE_DIRECTIONS][PORTSIEVE_CLASSES_MAX]);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All addresses of a family, divided into kinds: those of one kind are in the same prefixes of the
 * rules, and the compiler gives them the same class. So one address of each kind is enough to
 * compare the two. Divides by the rules and by the class, so an error in the classes joins no
 * kinds.
 */
#ifndef TESTS_PACKET_ADDRESS_KINDS_H
#define TESTS_PACKET_ADDRESS_KINDS_H

#include "compile/addresses.h"

typedef unsigned __int128 address_number; /* network order; IPv4 in the highest 32 bits */

struct address_kind {
	struct policy_prefix address; /* an example: a prefix of full length */
	const uint32_t *class;	      /* of the longest compiled prefix; NULL: none */
	const uint64_t *rules;	      /* bits by rule: it matches them in this direction */
	const uint64_t *listed;	      /* bits by rule: its prefixes hold them */
};

struct address_kinds {
	struct address_kind *list;
	size_t count;
	/* stretches of addresses of one kind, ascending, the first from address 0 on */
	address_number *starts;
	size_t *kind_of;
	size_t stretches;
	uint64_t *bits; /* of all stretches */
};

/* Points into `addresses`. Free with address_kinds_free. */
void address_kinds_make(const struct policy *policy, const struct addresses *addresses,
			enum portsieve_direction direction, enum policy_family family,
			struct address_kinds *ret_kinds);
void address_kinds_free(struct address_kinds *kinds);

/* The index of the kind of the first address of a prefix. */
size_t address_kinds_find(const struct address_kinds *kinds, const struct policy_prefix *prefix);

#endif

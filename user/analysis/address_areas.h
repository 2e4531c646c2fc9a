/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The space of addresses as several lists of prefixes divide it: which addresses are in the same
 * lists (a class), and how a union of classes is said in prefixes (an area). Pure.
 *
 * Equal lists are one set. Sets are numbered from 1; 0 is the list without prefixes, which is any
 * address. The work grows with the number of prefixes, not with that of pairs of them.
 */
#ifndef PORTSIEVE_ADDRESS_AREAS_H
#define PORTSIEVE_ADDRESS_AREAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

/* Bits of `families`: 1 << enum policy_family. */
enum { AREA_FAMILIES = (1 << POLICY_IPV4) | (1 << POLICY_IPV6) };

/* An address belongs to it if the longest prefix of both lists that holds it is one of `in`. */
struct area {
	struct policy_prefixes in;
	struct policy_prefixes except;
	bool all; /* of all addresses of its families */
};

/* Addresses that are in the same sets. */
struct area_class {
	uint32_t *sets; /* ascending */
	size_t sets_count;
	uint32_t *nodes; /* ascending */
	size_t nodes_count;
	uint8_t families; /* that it has addresses of */
};

/* A prefix of any list; its class is that of the addresses which no longer prefix holds. */
struct area_node {
	struct policy_prefix prefix;
	uint32_t class;
	uint32_t parent, child, sibling; /* AREA_NONE ends; nodes without own addresses left out */
	bool empty;			 /* longer prefixes hold all of its addresses */
};
enum { AREA_NONE = UINT32_MAX };

struct areas {
	uint32_t *set_of; /* by number of the list */
	uint32_t sets;	  /* 0 among them */
	struct area_node *nodes;
	size_t nodes_count;
	size_t roots[2]; /* the nodes of all addresses of a family */
	struct area_class *classes;
	size_t classes_count;
	uint32_t *first_of_set; /* set N: classes_of_set[first_of_set[N]..first_of_set[N + 1]) */
	uint32_t *classes_of_set;
	bool too_many; /* only the sets are known: their overlaps would fill the memory */

	bool *marked; /* by class; all false between calls */
	void *found;  /* areas made so far */
};

/* Divides the space. -ENOMEM. The caller owns *ret_areas (areas_free); the lists may go. */
int areas_divide(const struct policy_prefixes *const *lists, size_t count, struct areas *ret_areas);
void areas_free(struct areas *areas);

/*
 * The union of classes (ascending), or all that is not in them, restricted to some families. Equal
 * questions get the same pointer; *areas owns it. NULL when memory is short.
 */
struct area_question {
	const uint32_t *classes;
	size_t count;
	bool complement;
	uint8_t families;
};
const struct area *area_of(struct areas *areas, const struct area_question *question);

#endif

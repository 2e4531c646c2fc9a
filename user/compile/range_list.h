/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of ranges of conditional rules, by ascending id, which is the order of the rules; and a
 * hash table from such lists to their entries. Pure; private to the compiler.
 */
#ifndef PORTSIEVE_RANGE_LIST_H
#define PORTSIEVE_RANGE_LIST_H

#include <stddef.h>
#include <stdint.h>

struct range_list {
	uint16_t *ids;
	size_t count;
};

/* A hash of ids, or of other 16-bit numbers. */
uint32_t range_list_hash(uint32_t seed, const uint16_t *ids, size_t count);

/* A list with its entry. The same list has an entry for each `kind` of condition. */
struct known_list {
	unsigned int kind;
	size_t first; /* index in ids */
	size_t count;
	uint16_t entry;
};

struct known_lists {
	struct known_list *lists;
	size_t count;
	uint32_t *slots; /* index + 1 by hash; 0: free */
	uint16_t *ids;	 /* of all lists, end to end */
	size_t ids_count;
};

/* -ENOMEM, or 0. Free with known_lists_free in any case. */
int known_lists_init(struct known_lists *known);
void known_lists_free(struct known_lists *known);

/* The entry of a list, or -1 if it is not known. */
int known_lists_find(const struct known_lists *known, unsigned int kind,
		     const struct range_list *list);

/* Adds an entry; does nothing once the table is half full. -ENOMEM, or 0. */
int known_lists_add(struct known_lists *known, unsigned int kind, const struct range_list *list,
		    uint16_t entry);

#endif

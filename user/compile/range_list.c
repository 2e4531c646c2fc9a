/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table with open addressing; lists are never removed. */
#include "compile/range_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { SLOTS = 1 << 18 };

uint32_t range_list_hash(uint32_t seed, const uint16_t *ids, size_t count)
{
	uint32_t hash = 2166136261u + seed; /* FNV-1a */

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ ids[i]) * 16777619u;
	return hash ^ hash >> 15;
}

int known_lists_init(struct known_lists *known)
{
	known->slots = calloc(SLOTS, sizeof(*known->slots));
	return known->slots ? 0 : -ENOMEM;
}

void known_lists_free(struct known_lists *known)
{
	free(known->lists);
	free(known->slots);
	free(known->ids);
	*known = (struct known_lists){ 0 };
}

/* The slot of a list, taken or free. */
static uint32_t *slot_of(const struct known_lists *known, unsigned int kind,
			 const struct range_list *list)
{
	uint32_t slot = range_list_hash(kind, list->ids, list->count) % SLOTS;

	for (; known->slots[slot]; slot = (slot + 1) % SLOTS) {
		const struct known_list *other = &known->lists[known->slots[slot] - 1];

		if (other->kind == kind && other->count == list->count &&
		    !memcmp(known->ids + other->first, list->ids, list->count * sizeof(*list->ids)))
			break;
	}
	return &known->slots[slot];
}

int known_lists_find(const struct known_lists *known, unsigned int kind,
		     const struct range_list *list)
{
	uint32_t found = *slot_of(known, kind, list);

	return found ? known->lists[found - 1].entry : -1;
}

int known_lists_add(struct known_lists *known, unsigned int kind, const struct range_list *list,
		    uint16_t entry)
{
	struct known_list *lists;

	if (known->count == SLOTS / 2)
		return 0;
	lists = array_room(known->lists, known->count, sizeof(*lists));
	if (!lists)
		return -ENOMEM;
	known->lists = lists;
	lists[known->count] = (struct known_list){
		.kind = kind,
		.first = known->ids_count,
		.count = list->count,
		.entry = entry,
	};
	for (size_t i = 0; i < list->count; i++) {
		uint16_t *ids = array_room(known->ids, known->ids_count, sizeof(*ids));

		if (!ids)
			return -ENOMEM;
		known->ids = ids;
		ids[known->ids_count++] = list->ids[i];
	}
	*slot_of(known, kind, list) = ++known->count;
	return 0;
}

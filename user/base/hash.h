/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash index with open addressing and linear probing: finds the number of an element in the
 * caller's array. Elements cannot be removed one by one.
 */
#ifndef PORTSIEVE_HASH_H
#define PORTSIEVE_HASH_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, with the high bits folded into the low ones, which the index uses. Start with seed 0. */
static inline uint32_t hash_bytes(uint32_t seed, const void *bytes, size_t count)
{
	const uint8_t *at = bytes;
	uint32_t hash = 2166136261u ^ seed;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ at[i]) * 16777619u;
	return hash ^ hash >> 15;
}

struct hash_index {
	uint32_t *slots; /* the element's number + 1; 0: free */
	uint32_t mask;	 /* number of slots - 1; the number is a power of two */
};

/* For up to `elements` elements. Returns 0 or -ENOMEM; the caller frees with hash_index_free. */
static inline int hash_index_init(struct hash_index *index, uint32_t elements)
{
	uint32_t slots = 2;

	while (slots < 2 * elements)
		slots *= 2;
	*index = (struct hash_index){ calloc(slots, sizeof(uint32_t)), slots - 1 };
	return index->slots ? 0 : -ENOMEM;
}

static inline void hash_index_free(struct hash_index *index)
{
	free(index->slots);
	*index = (struct hash_index){ 0 };
}

/* Removes all elements. */
static inline void hash_index_clear(struct hash_index *index)
{
	memset(index->slots, 0, ((size_t)index->mask + 1) * sizeof(*index->slots));
}

/* Does the element with this number equal `key`? */
typedef bool hash_equal_fn(uint32_t number, const void *key);

/*
 * The slot of the element that equals the key, or a free slot, which holds 0. To add an element,
 * write its number + 1 there.
 */
static inline uint32_t *hash_index_find(const struct hash_index *index, uint32_t hash,
					hash_equal_fn *equal, const void *key)
{
	uint32_t at = hash & index->mask;

	while (index->slots[at] && !equal(index->slots[at] - 1, key))
		at = (at + 1) & index->mask;
	return &index->slots[at];
}

#endif

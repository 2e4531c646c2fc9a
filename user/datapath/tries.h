/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes as LPM tries, and the slots that the program reads them from, one for each generation.
 * Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_TRIES_H
#define PORTSIEVE_DATAPATH_TRIES_H

#include "datapath/pins.h"

/*
 * Makes, fills and freezes a trie for each family that has prefixes; sets ret_fd to -1 for others.
 * `addresses` may be NULL. The caller owns the descriptors.
 */
int tries_make(const struct addresses *addresses, int ret_fd[TRIE_FAMILIES], struct error *error);

/* Reads tries back. The caller owns *ret_addresses (addresses_free). */
int tries_read(const int fd[TRIE_FAMILIES], struct addresses *ret_addresses, struct error *error);

/* Puts tries into the slots of a generation. Does nothing for a family without a trie. */
int tries_put(const int prefixes_fd[TRIE_FAMILIES], const int trie_fd[TRIE_FAMILIES],
	      uint32_t generation, struct error *error);

/* Empties the slots of all generations except these two. */
void tries_remove_others(const int prefixes_fd[TRIE_FAMILIES], uint32_t generation,
			 uint32_t other_generation);

/* Is there a trie in any slot? */
bool tries_are_put(const int prefixes_fd[TRIE_FAMILIES]);

/* Size of a key in bytes, by family. */
extern const uint32_t trie_key_bytes[TRIE_FAMILIES];

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pins: where they are, putting and removing them. Private to datapath*.c and snapshot_read.c. */
#ifndef PORTSIEVE_DATAPATH_PINS_H
#define PORTSIEVE_DATAPATH_PINS_H

#include "datapath/datapath.h"

enum {
	PIN_NAME_MAX = 32,
	TRIE_FAMILIES = 2, /* indexes are enum policy_family */
};

/* Opens the pin "<kind>_<id>" of a device. Returns a descriptor or -errno. */
int pin_open(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id);

/*
 * Pins an object as "<kind>_<id>", or as "<kind>" when id is 0. One that is there already is the
 * same object, and fine; but a link's is -EEXIST, for it would be another's.
 */
int pin_put(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id,
	    int fd);

/* Makes the folder of a device, and the ones above it. */
int pins_make_directory(const struct datapath *datapath, uint32_t ifindex, struct error *error);

/* Removes every pin of a device but those of these names. Returns -errno of the last failure. */
int pins_remove_others(const struct datapath *datapath, uint32_t ifindex,
		       char names[][PIN_NAME_MAX], size_t count);

/* Removes a device's folder with all pins in it, and the namespace's when it was the last. */
int pins_remove_all(const struct datapath *datapath, uint32_t ifindex, struct error *error);

/* The ifindexes that have a folder, ascending; the caller frees *ret_ifindexes. */
int pins_list(const struct datapath *datapath, uint32_t **ret_ifindexes, size_t *ret_count,
	      struct error *error);

/* The kinds of the pins that a family has: a policy's trie, and the slots of tries. */
extern const char *const trie_kinds[TRIE_FAMILIES];
extern const char *const prefixes_kinds[TRIE_FAMILIES];

/* Pins the slots of tries. Returns -errno. */
int prefixes_pin(const struct datapath *datapath, uint32_t ifindex, enum policy_family family,
		 uint32_t id, int fd);

/* The id of a map or a program, and whether a map has this one. */
int map_id(int map_fd, uint32_t *ret_id);
bool map_has_id(int map_fd, uint32_t id);
int program_id(int program_fd, uint32_t *ret_id);

/* Words an errno of a bpf() call: no rights, or what was tried and why it failed. */
int bpf_error(struct error *error, int errnum, const char *tried);

#endif

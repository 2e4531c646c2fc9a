/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pins: their paths, pinning and removing objects. Private to datapath*.c and snapshot_read.c. */
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
 * Pins an object as "<kind>_<id>", or as "<kind>" if id is 0. A pin that exists already is taken
 * for the same object; only for a link it is -EEXIST, as it belongs to another one.
 */
int pin_put(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id,
	    int fd);

/* Makes the folder of a device and of the namespace. */
int pins_make_directory(const struct datapath *datapath, uint32_t ifindex, struct error *error);

/* Removes every pin of a device except those named. Returns -errno of the last failure. */
int pins_remove_others(const struct datapath *datapath, uint32_t ifindex,
		       char names[][PIN_NAME_MAX], size_t count);

/*
 * Removes the folder of a device with all its pins, and the namespace's folder after the last
 * device.
 */
int pins_remove_all(const struct datapath *datapath, uint32_t ifindex, struct error *error);

/* The ifindexes that have a folder, ascending; the caller frees *ret_ifindexes. */
int pins_list(const struct datapath *datapath, uint32_t **ret_ifindexes, size_t *ret_count,
	      struct error *error);

/* The kinds of pins by family: the trie of a policy, and the slots of tries. */
extern const char *const trie_kinds[TRIE_FAMILIES];
extern const char *const prefixes_kinds[TRIE_FAMILIES];

/* Pins the slots of tries. Returns -errno. */
int prefixes_pin(const struct datapath *datapath, uint32_t ifindex, enum policy_family family,
		 uint32_t id, int fd);

/* The id of a map or a program, and whether a map has this one. */
int map_id(int map_fd, uint32_t *ret_id);
bool map_has_id(int map_fd, uint32_t id);
int program_id(int program_fd, uint32_t *ret_id);

/*
 * Turns the errno of a bpf() call into a message: not permitted, or what was tried and why it
 * failed.
 */
int bpf_error(struct error *error, int errnum, const char *tried);

#endif

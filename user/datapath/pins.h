/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pins: their paths, pinning and removing objects, and recognising our own by their kernel ids.
 * Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_PINS_H
#define PORTSIEVE_DATAPATH_PINS_H

#include <dirent.h>

#include "datapath/datapath.h"

enum {
	PIN_NAME_MAX = 48,
	TRIE_FAMILIES = 2, /* indexes are enum policy_family */
	PROGRAM_MAPS_MAX = 32,
};

/* The maps of recorded packets. */
enum event_map {
	EVENT_SLOTS,
	EVENT_HEADS,
	EVENT_CONTROL,
	EVENT_MAPS,
};

extern const char *const event_kinds[EVENT_MAPS];

/* The kinds of pins by family: a policy's trie, and the slots of tries. */
extern const char *const trie_kinds[TRIE_FAMILIES];
extern const char *const prefixes_kinds[TRIE_FAMILIES];

/* The kinds of objects that are pinned. */
enum pin_object {
	PIN_MAP,
	PIN_PROGRAM,
	PIN_LINK,
};

/*
 * Opens a pin if it holds an object of that kind. Follows no symlink. Returns a descriptor or
 * -errno; -EUCLEAN: something else is there.
 */
int pin_open_path(const char *path, enum pin_object object);

/* The same for the pin "<kind>_<id>" of a device, or "<kind>" if id is 0. */
int pin_open(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id);

/*
 * Pins an object under the name that pin_open opens. An existing pin is assumed to hold the same
 * object; only for a link it is -EEXIST, as it holds another one. Returns -errno.
 */
int pin_put(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id,
	    int fd);

/*
 * Pins the object of the pin `kind` also as `mark`; the mark's existence is all that counts.
 * Returns -errno.
 */
int pin_mark(const struct datapath *datapath, uint32_t ifindex, const char *kind, const char *mark);

/*
 * Pins an object as "<kind>_<id>", or "<kind>" if id is 0, replacing the pin atomically. Returns
 * -errno.
 */
int pin_replace(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id,
		int fd);

/* Removes the pin "<kind>_<id>" of a device, or "<kind>" if id is 0, if it exists. */
void pin_remove(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id);

/* Makes the folders of the namespace and the device. */
int pins_make_directory(const struct datapath *datapath, uint32_t ifindex, struct error *error);

/* Opens a directory without following a symlink. NULL, with errno set: it cannot be opened. */
DIR *directory_open(int parent_fd, const char *path);

/* Removes a file, or a directory with all its contents. Follows no symlink. Returns -errno. */
int tree_remove(int parent_fd, const char *path);

/*
 * Removes every file in the folder of a device except those named. Returns -errno of the last
 * failure.
 */
int pins_remove_others(const struct datapath *datapath, uint32_t ifindex,
		       char names[][PIN_NAME_MAX], size_t count);

/* The same for a folder by path; removes directories too. */
int pins_remove_others_in(const char *path, char names[][PIN_NAME_MAX], size_t count);

/*
 * Removes the folder of a device with all its contents, and the namespace's folder after the last
 * device.
 */
int pins_remove_all(const struct datapath *datapath, uint32_t ifindex, struct error *error);

/* The ifindexes that have a folder, ascending; the caller frees *ret_ifindexes. */
int pins_list(const struct datapath *datapath, uint32_t **ret_ifindexes, size_t *ret_count,
	      struct error *error);

/* The id of a map or a program. Returns -errno. */
int map_id(int map_fd, uint32_t *ret_id);
int program_id(int program_fd, uint32_t *ret_id);
bool map_has_id(int map_fd, uint32_t id);

/* The ids of a loaded program and of the maps that it uses. */
struct program_maps {
	uint32_t program_id;
	uint32_t count;
	uint32_t ids[PROGRAM_MAPS_MAX];
	char pins[4096]; /* "/name/name/": what program_maps_list() has found; "": unknown */
};

/* Returns -errno. */
int program_maps_read(int program_fd, struct program_maps *ret_maps);

/* Lists the pins of the device, for program_maps_open(): asking for each map by name takes longer.
 */
void program_maps_list(const struct datapath *datapath, uint32_t ifindex,
		       struct program_maps *maps);

bool program_maps_has(const struct program_maps *maps, int map_fd);

/*
 * Opens the map of the program that is pinned as "<kind>_<id>". Returns a descriptor, and the map's
 * id in *ret_id. -ENOENT: none is pinned; -EUCLEAN: the pin holds another object.
 */
int program_maps_open(const struct datapath *datapath, uint32_t ifindex,
		      const struct program_maps *maps, const char *kind, uint32_t *ret_id);

/*
 * Does the program belong to the device, that is, is its policy slot or are its counters pinned in
 * the device's folder? A program in libxdp's dispatcher has no pin of its own there.
 */
bool program_is_own(const struct datapath *datapath, uint32_t ifindex, int program_fd);

/*
 * Turns the errno of a bpf() call into a message: not permitted, or what was tried and why it
 * failed.
 */
int bpf_error(struct error *error, int errnum, const char *tried);

#endif

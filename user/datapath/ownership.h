/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is this program, is this map ours? Told by ids alone: the maps that a program uses, and the maps
 * that are pinned in the folder of a device. Private to datapath*.c.
 */
#ifndef PORTSIEVE_DATAPATH_OWNERSHIP_H
#define PORTSIEVE_DATAPATH_OWNERSHIP_H

#include "datapath/pins.h"

enum { PROGRAM_MAPS_MAX = 16 };

/* The ids of a loaded program and of the maps that it uses. */
struct program_maps {
	uint32_t program_id;
	uint32_t count;
	uint32_t ids[PROGRAM_MAPS_MAX];
};

/* Returns -errno. */
int program_maps_read(int program_fd, struct program_maps *ret_maps);

bool program_maps_has(const struct program_maps *maps, int map_fd);

/*
 * Opens the one of the program's maps that is pinned as "<kind>_<id>". Returns a descriptor, and
 * the map's id in *ret_id. -ENOENT: none is pinned; -EUCLEAN: the pin of that name holds another
 * object.
 */
int program_maps_open(const struct datapath *datapath, uint32_t ifindex,
		      const struct program_maps *maps, const char *kind, uint32_t *ret_id);

/*
 * Does the program belong to the device: is its policy slot pinned in the device's folder, or are
 * its counters? A program in libxdp's dispatcher has no pin of its own in that folder.
 */
bool program_is_own(const struct datapath *datapath, uint32_t ifindex, int program_fd);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images as maps: making, reading, comparing, swapping. Private to datapath*.c. */
#ifndef PORTSIEVE_DATAPATH_IMAGE_H
#define PORTSIEVE_DATAPATH_IMAGE_H

#include "datapath.h"

/* The maps of one policy, not yet in force. Descriptors; -1: not open. */
struct image_maps {
	int image_fd;
	int text_fd;
	uint32_t id; /* of the image's map */
};

#define IMAGE_MAPS_NONE                                                                            \
	(struct image_maps)                                                                        \
	{                                                                                          \
		.image_fd = -1, .text_fd = -1                                                      \
	}

void image_maps_close(struct image_maps *maps);
#define _cleanup_image_maps_ __attribute__((cleanup(image_maps_close)))

/* Makes and fills the maps of a policy whose counters are assigned; nothing can change them then.
 */
int image_maps_make(const struct datapath_policy *policy, struct image_maps *ret_maps,
		    struct error *error);

/* Pins them for a device, before they come into force. */
int image_maps_pin(const struct datapath *datapath, uint32_t ifindex, const struct image_maps *maps,
		   struct error *error);

/*
 * Puts an image into the slot: the commit. When it returns no packet reads the one before any more
 * (the kernel waits for them after an update of a map in a map).
 */
int image_commit(int active_fd, const struct image_maps *maps, struct error *error);

/* Reads the image of a map; -EPROTO for one of another ABI. The caller frees *ret_image. */
int image_read(int image_fd, struct portsieve_image **ret_image, struct error *error);

/* Do two images say the same of every packet, whatever they count it in? */
bool image_equal(const struct portsieve_image *one, const struct portsieve_image *other);

#endif

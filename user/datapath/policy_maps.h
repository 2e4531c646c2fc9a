/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images as maps: making, reading, comparing, swapping. Private to datapath*.c. */
#ifndef PORTSIEVE_DATAPATH_POLICY_MAPS_H
#define PORTSIEVE_DATAPATH_POLICY_MAPS_H

#include "datapath/pins.h"

/* The maps of one policy. Descriptors; -1: not open, or of a trie: the policy has none. */
struct policy_maps {
	uint32_t id; /* of the image's map; 0: no policy */
	int image_fd;
	int text_fd;
	int trie_fd[TRIE_FAMILIES];
};

#define POLICY_MAPS_NONE                                                                           \
	(struct policy_maps)                                                                       \
	{                                                                                          \
		.image_fd = -1, .text_fd = -1, .trie_fd = { -1, -1 }                               \
	}

void policy_maps_close(struct policy_maps *maps);
#define _cleanup_policy_maps_ __attribute__((cleanup(policy_maps_close)))

/*
 * Makes and fills the maps of a policy whose counters and generation are assigned; nothing can
 * change them then.
 */
int policy_maps_make(const struct datapath_policy *policy, struct policy_maps *ret_maps,
		     struct error *error);

/*
 * Makes the maps of an image that takes over text and tries of `like`: the same policy, waiting for
 * its confirmation or not.
 */
int policy_maps_make_like(const struct policy_maps *like, const struct portsieve_image *image,
			  struct policy_maps *ret_maps, struct error *error);

/* Pins the maps of a policy for a device, before it comes into force. */
int policy_maps_pin(const struct datapath *datapath, uint32_t ifindex,
		    const struct policy_maps *maps, struct error *error);

/*
 * Puts an image into the slot: the commit. When it returns no packet reads the one before any more
 * (the kernel waits for them after an update of a map in a map).
 */
int image_commit(int active_fd, const struct policy_maps *maps, struct error *error);

/* Puts an image into the second slot, to come back to, or empties that (NULL). */
int image_keep_before(int active_fd, const struct policy_maps *maps, struct error *error);

/* Reads the image of a map; -EPROTO for one of another ABI. The caller frees *ret_image. */
int image_read(int image_fd, struct portsieve_image **ret_image, struct error *error);

/* Do two images say the same of every packet, whatever they count it in? */
bool image_equal(const struct portsieve_image *one, const struct portsieve_image *other);

#endif

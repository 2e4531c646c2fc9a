/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of a policy: making, pinning, reading, comparing, committing. Private to datapath/. */
#ifndef PORTSIEVE_DATAPATH_POLICY_MAPS_H
#define PORTSIEVE_DATAPATH_POLICY_MAPS_H

#include "datapath/pins.h"

/* The maps of one policy. Descriptors; -1: not open, or a trie that the policy does not need. */
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

/* Makes, fills and freezes the maps of a policy whose counters and generation are assigned. */
int policy_maps_make(const struct datapath_policy *policy, struct policy_maps *ret_maps,
		     struct error *error);

/*
 * Makes the maps of an image with the text and tries of `like`: the same policy with another
 * deadline.
 */
int policy_maps_make_like(const struct policy_maps *like, const struct portsieve_image *image,
			  struct policy_maps *ret_maps, struct error *error);

/* Pins the maps of a policy for a device, before the commit. */
int policy_maps_pin(const struct datapath *datapath, uint32_t ifindex,
		    const struct policy_maps *maps, struct error *error);

/*
 * The commit: puts an image into NOW. When it returns, no packet reads the previous image any more:
 * an update of a map of maps waits for an RCU grace period.
 */
int image_commit(int active_fd, const struct policy_maps *maps, struct error *error);

/* Puts an image into BEFORE, for a rollback; NULL empties it. */
int image_keep_before(int active_fd, const struct policy_maps *maps, struct error *error);

/*
 * Puts a policy that is about to come into force into NEXT, for the egress program; NULL empties
 * it.
 */
int image_put_next(int active_fd, const struct policy_maps *maps, struct error *error);

/* Reads the image of a map; -EPROTO for one of another ABI. The caller frees *ret_image. */
int image_read(int image_fd, struct portsieve_image **ret_image, struct error *error);

/* Reads the text of a policy's map; the caller frees it. */
int text_read(int text_fd, char **ret_text, struct error *error);

/* Do two images judge every packet alike, whichever rows they count in? */
bool image_equal(const struct portsieve_image *one, const struct portsieve_image *other);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images as maps: making, reading, comparing, swapping. Private to datapath*.c. */
#ifndef PORTSIEVE_DATAPATH_POLICY_MAPS_H
#define PORTSIEVE_DATAPATH_POLICY_MAPS_H

#include "datapath_attachment.h"

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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a change of policy that several commands have in common. Private to datapath*.c. */
#ifndef PORTSIEVE_DATAPATH_APPLY_H
#define PORTSIEVE_DATAPATH_APPLY_H

#include "datapath/attachment.h"

/* Opens a device whose policy is to be changed; -EBUSY while it waits to be confirmed. */
int apply_require(const struct datapath *datapath, const struct datapath_device *device,
		  struct attachment *ret_attachment, struct error *error);

/*
 * Puts the maps of `image` in force on all devices that share the slot of the attachment.
 * `previous` is in force there: rows that it has not are zeroed; NULL when all rows of the image
 * are its own already. If the image is UNCONFIRMED, `previous` is kept to come back to. Then what
 * no policy needs any more is removed. -ETIME without a word in error: `not_after_ns` has come
 * before the slot's turn (CLOCK_BOOTTIME; 0: never), and nothing has changed.
 */
int apply_commit(const struct datapath *datapath, const struct attachment *attachment,
		 const struct portsieve_image *image, const struct portsieve_image *previous,
		 const struct policy_maps *maps, uint64_t not_after_ns, struct error *error);

#endif

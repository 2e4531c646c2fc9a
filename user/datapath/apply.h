/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a policy change that several commands share. Private to datapath*.c. */
#ifndef PORTSIEVE_DATAPATH_APPLY_H
#define PORTSIEVE_DATAPATH_APPLY_H

#include "datapath/attachment.h"

/* Opens a device to change its policy; -EBUSY while a change is pending. */
int apply_require(const struct datapath *datapath, const struct datapath_device *device,
		  struct attachment *ret_attachment, struct error *error);

/* A policy change that is ready to commit. */
struct apply {
	const struct portsieve_image *image;
	const struct policy_maps *maps; /* of the image */

	/*
	 * The policy in force until now: rows that it does not count in are zeroed. NULL if the
	 * image counts in rows of its own only, which then stay.
	 */
	const struct portsieve_image *previous;
	uint64_t not_after_ns; /* CLOCK_BOOTTIME; 0: no limit */
};

/*
 * Puts a policy in force on all devices that share the slot of the attachment. If the image is
 * UNCONFIRMED, the previous policy is kept for a rollback. Then removes what no policy needs any
 * more. -ETIME, without error filled in: not_after_ns has passed, and nothing has changed.
 */
int apply_commit(const struct datapath *datapath, const struct attachment *attachment,
		 const struct apply *apply, struct error *error);

#endif

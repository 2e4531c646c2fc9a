/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device had counted in other counters than its own: a pinned map of sums, the baseline,
 * whose rows readers add to those of the same ids. Private to datapath/.
 *
 * When counters are replaced by larger ones, the program still counts in the former ones until no
 * packet runs it any more. Until then these are pinned too, and readers add both. Then they are
 * added to the baseline.
 *
 * Rows of ABI 3 and 4 have another layout, which readers do not know. So on an upgrade the baseline
 * is filled before the program is replaced, with a time until which it is provisional, and again
 * afterwards.
 */
#ifndef PORTSIEVE_DATAPATH_BASELINE_H
#define PORTSIEVE_DATAPATH_BASELINE_H

#include "datapath/attachment.h"

/* The rows of an old device, and the image that names them. */
struct baseline_source {
	int counters_fd;
	const struct portsieve_image *image; /* by old_image_read */
	uint32_t counters;		     /* rows that may have counted */
};

/* Makes an empty baseline for the rows of `image`. Returns a descriptor, or -errno. */
int baseline_make(const struct portsieve_image *image, struct error *error);

/*
 * Fills it with the rows of the source, each as the row of the same range in `image`, and those of
 * ranges that it does not have as retired.
 */
int baseline_fill(int baseline_fd, const struct baseline_source *source,
		  const struct portsieve_image *image, bool provisional, struct error *error);

/*
 * Adds what the device had counted elsewhere to rows 0..count-1. -EAGAIN, without error filled in:
 * the baseline is provisional.
 */
int baseline_add(const struct attachment *attachment, struct portsieve_counter *rows,
		 uint32_t count, struct error *error);

/*
 * Ends the replacement of the counters, if one has begun: waits until no packet counts in the
 * former ones, and adds them to the baseline. Their pin is stale then. The lock must be held.
 */
int baseline_settle(const struct datapath *datapath, struct attachment *attachment,
		    struct error *error);

/*
 * Settles, and moves what the baseline has in the rows that `image` counts in and `previous` does
 * not to its retired row. The lock must be held.
 */
int baseline_retire(const struct datapath *datapath, struct attachment *attachment,
		    const struct portsieve_image *image, const struct portsieve_image *previous,
		    struct error *error);

#endif

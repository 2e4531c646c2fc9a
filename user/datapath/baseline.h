/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The baseline: what earlier counters of a device had counted. A pinned map of sums; readers add
 * its rows to the device's rows with the same ids. Private to datapath/.
 *
 * When counters are replaced by larger ones, packets in flight are still counted in the former
 * ones. So these stay pinned, and readers add them too, until no packet runs the former program.
 * Then they are added to the baseline.
 *
 * Rows of ABI 3 and 4 have a layout that readers do not know. So an upgrade fills the baseline
 * before the program is replaced, marked as provisional for a time, and again afterwards.
 */
#ifndef PORTSIEVE_DATAPATH_BASELINE_H
#define PORTSIEVE_DATAPATH_BASELINE_H

#include "datapath/attachment.h"

/* The rows of an old device, and the image that names them. */
struct baseline_source {
	int counters_fd;
	const struct portsieve_image *image; /* by old_image_read */
	uint32_t counters;		     /* number of rows that may have counted */
};

/* Makes an empty baseline for the rows of `image`. Returns a descriptor, or -errno. */
int baseline_make(const struct portsieve_image *image, struct error *error);

/*
 * Fills it with the rows of the source, each in the row of the same range in `image`; ranges that
 * `image` lacks go to the retired row.
 */
int baseline_fill(int baseline_fd, const struct baseline_source *source,
		  const struct portsieve_image *image, bool provisional, struct error *error);

/*
 * Adds baseline and former counters to rows 0..count-1. -EAGAIN, without error filled in: the
 * baseline is provisional.
 */
int baseline_add(const struct attachment *attachment, struct portsieve_counter *rows,
		 uint32_t count, struct error *error);

/*
 * Ends the replacement of the counters, if one has begun: waits until no packet counts in the
 * former ones, and adds them to the baseline. Their pin is stale afterwards. The lock must be held.
 */
int baseline_settle(const struct datapath *datapath, struct attachment *attachment,
		    struct error *error);

/*
 * Settles the baseline, then moves its rows that `image` uses and `previous` does not to its
 * retired row. The lock must be held.
 */
int baseline_retire(const struct datapath *datapath, struct attachment *attachment,
		    const struct portsieve_image *image, const struct portsieve_image *previous,
		    struct error *error);

#endif

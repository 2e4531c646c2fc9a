/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters map: reading rows, and freeing those that a new policy needs. Private to
 * datapath*.c and snapshot_read.c.
 */
#ifndef PORTSIEVE_DATAPATH_COUNTERS_H
#define PORTSIEVE_DATAPATH_COUNTERS_H

#include "datapath/datapath.h"

/*
 * Reads count rows, the first of them `first`, each summed over all possible CPUs, into rows. Each
 * row is read once; two rows are not of the same instant.
 */
int counters_read(int counters_fd, struct portsieve_counter *rows, uint32_t first, uint32_t count,
		  struct error *error);

/* Ends what a writer that died while it freed rows has left begun. The lock must be held. */
int counters_repair(int counters_fd);

/* Were no rows freed from the moment on that counters_read read these? Else they do not add up. */
int counters_still(int counters_fd, const struct portsieve_counter *rows, bool *ret_still,
		   struct error *error);

/*
 * Makes the rows zero that `image` counts in and `previous` does not, and adds what they still
 * hold, from ranges ended earlier, to the row of the retired: by one system call where the kernel
 * has batches.
 */
int counters_prepare(int counters_fd, const struct portsieve_image *image,
		     const struct portsieve_image *previous, struct error *error);

#endif

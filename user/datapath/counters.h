/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters map: reading rows, and zeroing the rows that a new policy needs. Private to
 * datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_COUNTERS_H
#define PORTSIEVE_DATAPATH_COUNTERS_H

#include "datapath/datapath.h"

/*
 * Reads `count` rows from `first` on into rows, each summed over all possible CPUs. The rows are
 * not a snapshot of one instant.
 */
int counters_read(int counters_fd, struct portsieve_counter *rows, uint32_t first, uint32_t count,
		  struct error *error);

/* Reads rows 0..count-1 of a map that is not per-CPU. */
int sums_read(int sums_fd, struct portsieve_counter *rows, uint32_t count, struct error *error);

/* How many rows a map has. */
int rows_count(int map_fd, uint32_t *ret_count, struct error *error);

/* Completes a change of rows that a killed writer left unfinished. The lock must be held. */
int counters_repair(int counters_fd);

/* Do the rows that counters_read has read belong to one policy? If not, read them again. */
int counters_still(int counters_fd, const struct portsieve_counter *rows, bool *ret_still,
		   struct error *error);

/*
 * Zeroes the rows that `image` uses and `previous` does not, and adds their values, which are those
 * of ended ranges, to the retired row. One system call on kernels with batches.
 */
int counters_prepare(int counters_fd, const struct portsieve_image *image,
		     const struct portsieve_image *previous, struct error *error);

#endif

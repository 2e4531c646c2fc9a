/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which row counts which range: a range keeps its row as long as it stays in the policy, so that
 * its counts survive other changes. Pure.
 */
#ifndef PORTSIEVE_COUNTER_IDS_H
#define PORTSIEVE_COUNTER_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include <portsieve/abi.h>

enum {
	COUNTER_ROWS_SPARE = 64, /* for future ranges, in a new map of counters */
};

/*
 * Fills in image->counter for the ranges of the rules, and image->counters. A range that is also in
 * `previous` (same rule name, transport, low and high) keeps its row; others get the lowest rows
 * that `previous` does not use. previous may be NULL. Returns 0 or -ENOMEM.
 */
int counter_ids_assign(struct portsieve_image *image, const struct portsieve_image *previous);

/*
 * The size of a new map of counters for this image: two rows per range, so that a policy of the
 * same size can replace it, plus COUNTER_ROWS_SPARE, but at least image->counters.
 */
uint32_t counter_rows_for(const struct portsieve_image *image);

/* Sets added[id] for each row that `image` uses and `previous` does not, others to false. */
void counter_ids_added(const struct portsieve_image *image, const struct portsieve_image *previous,
		       bool added[PORTSIEVE_COUNTERS]);

/* Sets used[id] for each row of the pool that the image uses, others to false. */
void counter_ids_used(const struct portsieve_image *image, bool used[PORTSIEVE_COUNTERS]);

#endif

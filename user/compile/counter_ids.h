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

/*
 * Fills in image->counter for the ranges of the rules, and image->counters. A range that `previous`
 * has too (same rule name, transport, low and high) keeps its row; the others get the lowest rows
 * that `previous` does not use. previous may be NULL. Returns -ENOMEM, or 0; there are always
 * enough rows.
 */
int counter_ids_assign(struct portsieve_image *image, const struct portsieve_image *previous);

/* Sets used[id] for each row of the pool that the image counts in, others to false. */
void counter_ids_used(const struct portsieve_image *image, bool used[PORTSIEVE_COUNTERS]);

#endif

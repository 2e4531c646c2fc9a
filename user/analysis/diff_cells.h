/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answers for one port range, a table of sources by destinations, and its division into
 * rectangles of equal answers.
 */
#ifndef PORTSIEVE_POLICY_DIFF_CELLS_H
#define PORTSIEVE_POLICY_DIFF_CELLS_H

#include "analysis/address_areas.h"

/* The items of one direction: some classes, ascending, and behind them the rest of all addresses.
 */
struct cell_sides {
	struct areas *areas;
	uint32_t *classes;
	size_t count;
	uint8_t rest_families;
};

/* The families of an item, 0..count. */
uint8_t cell_families(const struct cell_sides *sides, uint32_t item);

struct cell {
	uint32_t before; /* what decides, by number */
	uint32_t after;
	uint32_t from; /* items */
	uint32_t to;
};

struct cells {
	struct cell *list;
	size_t count;
	struct cell_row *rows; /* by cells_group */
	size_t rows_count;
	size_t next; /* row */
};

/* Cells with the same deciders: all of `from` by all of `to`, within each family. */
struct cell_group {
	uint32_t before;
	uint32_t after;
	const struct area *areas[PORTSIEVE_DIRECTIONS]; /* NULL: any address */
};

/* False when memory is short. */
bool cells_add(struct cells *cells, const struct cell *cell);

/* Finds the groups. -ENOMEM. */
int cells_group(struct cells *cells);

/* The next group: 1, 0 at the end, or -ENOMEM. After cells_group. */
int cells_next(struct cells *cells, const struct cell_sides sides[PORTSIEVE_DIRECTIONS],
	       struct cell_group *ret_group);

void cells_free(struct cells *cells);

#endif

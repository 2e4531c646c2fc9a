/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Row displacement, first fit: longest rows first, so that short ones fill the gaps. */
#include "compile/sparse_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static int compare_rows(const void *one, const void *other)
{
	const struct sparse_row *a = one, *b = other;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->condition > b->condition) - (a->condition < b->condition);
}

static struct portsieve_cell *cell_at(struct portsieve_image *image, uint32_t base, uint32_t class)
{
	return &image->cell[(base + class) % PORTSIEVE_CELLS];
}

static bool fits(struct portsieve_image *image, const struct sparse_row *row, uint32_t base)
{
	for (size_t i = 0; i < row->count; i++)
		if (cell_at(image, base, row->cells[i].class)->condition)
			return false;
	return true;
}

static void lay(struct portsieve_image *image, const struct sparse_row *row, uint32_t base)
{
	image->condition[row->condition].base = base;
	for (size_t i = 0; i < row->count; i++)
		*cell_at(image, base, row->cells[i].class) = (struct portsieve_cell){
			.condition = row->condition + 1,
			.entry = row->cells[i].entry,
		};
}

/*
 * Tries base 0 first: rows of disjoint classes cannot collide there, while shifted rows can. Else
 * tries to put the row's first cell on each free cell, from *hint on and around the end.
 */
static bool row_lay(struct portsieve_image *image, const struct sparse_row *row, uint32_t *hint)
{
	if (row->count > 1 && fits(image, row, 0)) {
		lay(image, row, 0);
		return true;
	}
	for (uint32_t tried = 0; tried < PORTSIEVE_CELLS; tried++) {
		uint32_t at = (*hint + tried) % PORTSIEVE_CELLS;
		uint32_t base = (at - row->cells[0].class) % PORTSIEVE_CELLS;

		if (image->cell[at].condition || !fits(image, row, base))
			continue;
		lay(image, row, base);
		/* single cells fill the gaps in order; longer rows may leave gaps */
		if (row->count == 1)
			*hint = at + 1;
		return true;
	}
	return false;
}

int sparse_table_lay(struct sparse_row *rows, size_t count, struct portsieve_image *image)
{
	size_t cells = 0;
	uint32_t hint = 0;

	for (size_t i = 0; i < count; i++)
		cells += rows[i].count;
	if (cells > PORTSIEVE_CELLS)
		return -E2BIG;
	if (count)
		qsort(rows, count, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < count; i++) {
		if (i && rows[i].count == 1 && rows[i - 1].count > 1)
			hint = 0;
		if (!row_lay(image, &rows[i], &hint))
			return -E2BIG;
	}
	return 0;
}

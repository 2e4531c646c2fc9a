/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consecutive rows form groups, and the row in the middle of a group stays as it is. With D cells a
 * row and d differences between neighbours, a group of n rows takes about D + d * n * n / 4 cells,
 * which is least for each row where n is 2 * sqrt(D / d).
 */
#include "compile/shared_rows.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A row by class: valid where the stamp is `now`. */
struct spread {
	uint16_t *entry;
	uint32_t *stamp;
	uint32_t now;
};

static void spread_free(struct spread *spread)
{
	free(spread->entry);
	free(spread->stamp);
}

static void spread_make(struct spread *spread, const struct sparse_row *row)
{
	spread->now++;
	for (size_t i = 0; i < row->count; i++) {
		spread->stamp[row->cells[i].class] = spread->now;
		spread->entry[row->cells[i].class] = row->cells[i].entry;
	}
}

static bool spread_has(const struct spread *spread, const struct sparse_cell *cell)
{
	return spread->stamp[cell->class] == spread->now &&
	       spread->entry[cell->class] == cell->entry;
}

/*
 * Writes the cells in which a row differs from a base, at most `max`, and returns how many there
 * are. Classes that only the base has get `otherwise`. `row_spread` is scratch space.
 */
static size_t find_differences(const struct sparse_row *row, const struct sparse_row *base,
			       const struct spread *base_spread, struct spread *row_spread,
			       uint16_t otherwise, struct sparse_cell *cells, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < row->count && count <= max; i++)
		if (!spread_has(base_spread, &row->cells[i]) && count++ < max)
			cells[count - 1] = row->cells[i];
	spread_make(row_spread, row);
	for (size_t i = 0; i < base->count && count <= max; i++) {
		uint32_t class = base->cells[i].class;

		if (row_spread->stamp[class] != row_spread->now && count++ < max)
			cells[count - 1] = (struct sparse_cell){ class, otherwise };
	}
	return count;
}

struct sharing {
	struct portsieve_image *image;
	struct sparse_row **rows; /* those by source */
	size_t count;
	struct spread base, row;
	struct sparse_cell *cells; /* scratch space for as many as there are classes */
};

static struct portsieve_condition *condition_of_row(const struct sharing *sharing, size_t row)
{
	return &sharing->image->condition[sharing->rows[row]->condition];
}

static size_t differences(struct sharing *sharing, size_t row, size_t base, size_t max)
{
	return find_differences(sharing->rows[row], sharing->rows[base], &sharing->base,
				&sharing->row, condition_of_row(sharing, row)->otherwise,
				sharing->cells, max);
}

/* How many rows from `first` on are best compared with the same row. */
static size_t group_size(struct sharing *sharing, size_t first)
{
	size_t count = sharing->rows[first]->count, differing, size = 1;

	if (first + 1 == sharing->count)
		return 1;
	spread_make(&sharing->base, sharing->rows[first]);
	differing = differences(sharing, first + 1, first, count);
	if (!differing)
		differing = 1;
	while (size * size * differing < 4 * count)
		size++;
	return size < sharing->count - first ? size : sharing->count - first;
}

static void share(struct sharing *sharing, size_t row, size_t base)
{
	struct portsieve_condition *condition = condition_of_row(sharing, row);
	struct sparse_row *cells = sharing->rows[row];
	size_t count;

	if (condition->otherwise != condition_of_row(sharing, base)->otherwise)
		return;
	count = differences(sharing, row, base, cells->count / 2);
	if (!count || count > cells->count / 2)
		return;
	memcpy(cells->cells, sharing->cells, count * sizeof(*cells->cells));
	cells->count = count;
	condition->otherwise = reference_to(sharing->rows[base]->condition);
}

static void share_all(struct sharing *sharing)
{
	for (size_t first = 0, size; first < sharing->count; first += size) {
		size_t base;

		size = group_size(sharing, first);
		base = first + size / 2;
		spread_make(&sharing->base, sharing->rows[base]);
		for (size_t row = first; row < first + size; row++)
			if (row != base)
				share(sharing, row, base);
	}
}

int rows_share(struct sparse_row *rows, size_t count, size_t classes, struct portsieve_image *image)
{
	_cleanup_free_ struct sparse_row **by_source = calloc(count + 1, sizeof(*by_source));
	_cleanup_free_ struct sparse_cell *cells = calloc(classes, sizeof(*cells));
	struct sharing sharing = {
		.image = image,
		.rows = by_source,
		.base = { calloc(classes, sizeof(uint16_t)), calloc(classes, sizeof(uint32_t)) },
		.row = { calloc(classes, sizeof(uint16_t)), calloc(classes, sizeof(uint32_t)) },
		.cells = cells,
	};
	bool has_memory = by_source && cells && sharing.base.entry && sharing.base.stamp &&
			  sharing.row.entry && sharing.row.stamp;

	for (size_t i = 0; has_memory && i < count; i++)
		if (image->condition[rows[i].condition].kind == PORTSIEVE_BY_SOURCE)
			by_source[sharing.count++] = &rows[i];
	if (has_memory)
		share_all(&sharing);
	spread_free(&sharing.base);
	spread_free(&sharing.row);
	return has_memory ? 0 : -ENOMEM;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From cells to rows (one source, equal deciders), from rows to groups (equal destinations). */
#include "analysis/diff_cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

struct cell_row {
	const struct cell *cells;
	size_t count;
};

uint8_t cell_families(const struct cell_sides *sides, uint32_t item)
{
	return item < sides->count ? sides->areas->classes[sides->classes[item]].families
				   : sides->rest_families;
}

bool cells_add(struct cells *cells, const struct cell *cell)
{
	struct cell *list = array_room(cells->list, cells->count, sizeof(*list));

	if (!list)
		return false;
	cells->list = list;
	list[cells->count++] = *cell;
	return true;
}

void cells_free(struct cells *cells)
{
	free(cells->list);
	free(cells->rows);
	*cells = (struct cells){ 0 };
}

static int compare_numbers(uint32_t one, uint32_t other)
{
	return (one > other) - (one < other);
}

static int compare_deciders(const struct cell *a, const struct cell *b)
{
	int order = compare_numbers(a->before, b->before);

	return order ? order : compare_numbers(a->after, b->after);
}

static int compare_cells(const void *one, const void *other)
{
	const struct cell *a = one, *b = other;
	int order = compare_deciders(a, b);

	if (!order)
		order = compare_numbers(a->from, b->from);
	return order ? order : compare_numbers(a->to, b->to);
}

/* All but the source. */
static int compare_contents(const struct cell_row *a, const struct cell_row *b)
{
	int order = compare_deciders(a->cells, b->cells);

	if (!order && a->count != b->count)
		order = a->count < b->count ? -1 : 1;
	for (size_t i = 0; !order && i < a->count; i++)
		order = compare_numbers(a->cells[i].to, b->cells[i].to);
	return order;
}

static int compare_rows(const void *one, const void *other)
{
	const struct cell_row *a = one, *b = other;
	int order = compare_contents(a, b);

	return order ? order : compare_numbers(a->cells->from, b->cells->from);
}

int cells_group(struct cells *cells)
{
	cells->rows = calloc(cells->count + 1, sizeof(*cells->rows));
	if (!cells->rows)
		return -ENOMEM;
	if (!cells->count)
		return 0;
	qsort(cells->list, cells->count, sizeof(*cells->list), compare_cells);
	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->list[i];

		if (!i || compare_deciders(cell - 1, cell) || cell[-1].from != cell->from)
			cells->rows[cells->rows_count++].cells = cell;
		cells->rows[cells->rows_count - 1].count++;
	}
	qsort(cells->rows, cells->rows_count, sizeof(*cells->rows), compare_rows);
	return 0;
}

/* The addresses of items (ascending) of one direction. The rest, the last one, is a complement. */
static const struct area *area_of_items(const struct cell_sides *sides, const uint32_t *items,
					size_t count, uint8_t families)
{
	bool complement = items[count - 1] == sides->count;
	_cleanup_free_ uint32_t *classes = calloc(sides->count + 1, sizeof(*classes));
	struct area_question question = { classes, 0, complement, families };
	size_t next = 0;

	if (!classes)
		return NULL;
	for (uint32_t item = 0; item < sides->count; item++) {
		bool listed = next < count && items[next] == item;

		next += listed;
		if (listed != complement)
			classes[question.count++] = sides->classes[item];
	}
	return area_of(sides->areas, &question);
}

static uint8_t families_of(const struct cell_sides *sides, const uint32_t *items, size_t count)
{
	uint8_t families = 0;

	for (size_t i = 0; i < count; i++)
		families |= cell_families(sides, items[i]);
	return families;
}

/* Any address is left unsaid, but not both times where it is those of one family only. */
static void leave_unsaid(struct cell_group *group, uint8_t families)
{
	const struct area **areas = group->areas;
	bool all_from = areas[PORTSIEVE_SOURCE]->all, all_to = areas[PORTSIEVE_DESTINATION]->all;

	if (all_from && (!all_to || families == AREA_FAMILIES))
		areas[PORTSIEVE_SOURCE] = NULL;
	if (all_to)
		areas[PORTSIEVE_DESTINATION] = NULL;
}

int cells_next(struct cells *cells, const struct cell_sides sides[PORTSIEVE_DIRECTIONS],
	       struct cell_group *ret_group)
{
	const struct cell_row *first = &cells->rows[cells->next];
	size_t sources = 0, destinations = first->count;
	uint8_t families;

	if (cells->next == cells->rows_count)
		return 0;
	while (cells->next + sources < cells->rows_count &&
	       !compare_contents(first, first + sources))
		sources++;
	cells->next += sources;

	_cleanup_free_ uint32_t *from = calloc(sources + 1, sizeof(*from));
	_cleanup_free_ uint32_t *to = calloc(destinations + 1, sizeof(*to));

	if (!from || !to)
		return -ENOMEM;
	for (size_t i = 0; i < sources; i++)
		from[i] = first[i].cells->from;
	for (size_t i = 0; i < destinations; i++)
		to[i] = first->cells[i].to;
	families = families_of(&sides[PORTSIEVE_SOURCE], from, sources) &
		   families_of(&sides[PORTSIEVE_DESTINATION], to, destinations);
	*ret_group = (struct cell_group){
		.before = first->cells->before,
		.after = first->cells->after,
		.areas = { area_of_items(&sides[PORTSIEVE_SOURCE], from, sources, families),
			   area_of_items(&sides[PORTSIEVE_DESTINATION], to, destinations,
					 families) },
	};
	if (!ret_group->areas[PORTSIEVE_SOURCE] || !ret_group->areas[PORTSIEVE_DESTINATION])
		return -ENOMEM;
	leave_unsaid(ret_group, families);
	return 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows: what each class of addresses leaves of a list of ranges, and which of it needs no cell. */
#include "condition_row.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

enum {
	/* ids of ranges that are looked at, over all classes: some seconds */
	WORK_MAX = 400000000,
	INSERTED_MAX = 8, /* more are sorted by qsort() */
};

static uint32_t list_of(const struct condition_graph *graph, enum portsieve_direction direction,
			uint16_t range)
{
	return graph->directions[direction].classes.list_of_rule[graph->image->range[range].rule];
}

static int compare_ids(const void *one, const void *other)
{
	return *(const uint16_t *)one - *(const uint16_t *)other;
}

/* Of which the first `sorted` are in order. */
static void sort(uint16_t *ids, size_t count, size_t sorted)
{
	if (count - sorted > INSERTED_MAX) {
		qsort(ids, count, sizeof(*ids), compare_ids);
		return;
	}
	for (; sorted < count; sorted++) {
		uint16_t id = ids[sorted];
		size_t at = sorted;

		for (; at && ids[at - 1] > id; at--)
			ids[at] = ids[at - 1];
		ids[at] = id;
	}
}

size_t condition_row_begin(struct condition_graph *graph, enum portsieve_direction direction,
			   const struct range_list *list)
{
	struct direction_work *work = &graph->directions[direction];
	size_t any = 0;

	for (size_t i = list->count; i--;) {
		uint16_t range = list->ids[i];
		uint32_t prefixes = list_of(graph, direction, range);

		if (prefixes == ADDRESS_LIST_ANY) {
			any++;
			work->any[RANGE_NUMBERS - any] = range;
			continue;
		}
		if (work->list_stamp[prefixes] != graph->stamp) {
			work->list_stamp[prefixes] = graph->stamp;
			work->first_range[prefixes] = 0;
		}
		work->next_range[range] = work->first_range[prefixes];
		work->first_range[prefixes] = range;
	}
	work->any_count = any;
	return any;
}

struct range_list condition_row_ranges(struct condition_graph *graph,
				       enum portsieve_direction direction, uint32_t class,
				       uint32_t stamp)
{
	struct direction_work *work = &graph->directions[direction];
	struct range_list left = { .ids = work->left };
	size_t sorted;

	memcpy(left.ids, work->any + RANGE_NUMBERS - work->any_count,
	       work->any_count * sizeof(*work->any));
	left.count = work->any_count;
	sorted = left.count;
	for (; class; class = work->classes.sets[class].parent) {
		const struct address_set *set = &work->classes.sets[class];

		for (uint32_t i = 0; i < set->added_count; i++) {
			uint32_t prefixes = work->classes.added_lists[set->added + i];

			if (work->list_stamp[prefixes] != stamp)
				continue;
			for (uint16_t range = work->first_range[prefixes]; range;
			     range = work->next_range[range])
				left.ids[left.count++] = range;
		}
	}
	sort(left.ids, left.count, sorted);
	graph->work += left.count + 1;
	return left;
}

static int cell_add(struct condition_graph *graph, uint32_t class, uint16_t entry,
		    struct sparse_row *row)
{
	struct sparse_cell *cells = array_room(row->cells, row->count, sizeof(*cells));

	if (!cells)
		return graph_no_memory(graph);
	row->cells = cells;
	cells[row->count++] = (struct sparse_cell){ .class = class, .entry = entry };
	return 0;
}

/* The entry of one class. */
static int row_add(struct condition_graph *graph, enum portsieve_direction direction,
		   const struct range_list *list, uint32_t class, uint32_t stamp,
		   struct sparse_row *row)
{
	struct range_list left = condition_row_ranges(graph, direction, class, stamp);
	uint16_t entry = 0;
	int r = condition_graph_next(graph, direction, &left, &entry);

	if (r)
		return r;
	if (graph->work > WORK_MAX)
		return graph_too_many(
			graph, list->ids[0], WORK_MAX,
			"combinations of ports and addresses to be looked at; give rules the "
			"same ports, or the same lists of prefixes");
	return cell_add(graph, class, entry, row);
}

/* The entries of all classes of the prefixes that the list's rules name. */
static int row_collect(struct condition_graph *graph, enum portsieve_direction direction,
		       const struct range_list *list, uint32_t stamp, struct sparse_row *row)
{
	struct direction_work *work = &graph->directions[direction];

	for (size_t i = 0; i < list->count; i++) {
		uint32_t prefixes = list_of(graph, direction, list->ids[i]);

		if (prefixes == ADDRESS_LIST_ANY)
			continue;
		for (uint32_t at = work->classes.first_class[prefixes];
		     at < work->classes.first_class[prefixes + 1]; at++) {
			uint32_t class = work->classes.classes[at];
			int r;

			if (work->class_stamp[class] == stamp)
				continue;
			work->class_stamp[class] = stamp;
			r = row_add(graph, direction, list, class, stamp, row);
			if (r)
				return r;
		}
	}
	return 0;
}

/* How often each entry occurs in the row, in graph->times; the entry that does most often. */
static uint16_t count_entries(struct condition_graph *graph, uint16_t otherwise,
			      const struct sparse_row *row)
{
	uint16_t most = row->cells[0].entry;

	graph->times[otherwise] = 0;
	for (size_t i = 0; i < row->count; i++)
		graph->times[row->cells[i].entry] = 0;
	for (size_t i = 0; i < row->count; i++) {
		uint16_t entry = row->cells[i].entry;

		if (++graph->times[entry] > graph->times[most])
			most = entry;
	}
	return most;
}

static void leave_out(struct sparse_row *row, uint16_t entry)
{
	size_t kept = 0;

	for (size_t i = 0; i < row->count; i++)
		if (row->cells[i].entry != entry)
			row->cells[kept++] = row->cells[i];
	row->count = kept;
}

/* Cells for the classes that the list does not name, class 0 among them. */
static int add_unseen(struct condition_graph *graph, const struct direction_work *work,
		      uint32_t stamp, uint16_t entry, struct sparse_row *row)
{
	for (uint32_t class = 0; class < work->classes.count; class ++) {
		int r = work->class_stamp[class] == stamp ? 0 : cell_add(graph, class, entry, row);

		if (r)
			return r;
	}
	return 0;
}

/*
 * What most classes get needs no cells: the entry of those that the list does not name, or, where
 * one broad prefix lies beside many narrow ones, that of the broad one.
 */
static int choose_otherwise(struct condition_graph *graph, const struct direction_work *work,
			    uint32_t stamp, uint16_t *otherwise, struct sparse_row *row)
{
	uint16_t unseen_entry = *otherwise, most = count_entries(graph, unseen_entry, row);
	size_t unseen = work->classes.count - row->count; /* one at least, class 0 */

	if (graph->times[most] <= unseen + graph->times[unseen_entry]) {
		leave_out(row, unseen_entry);
		return 0;
	}
	leave_out(row, most);
	*otherwise = most;
	return add_unseen(graph, work, stamp, unseen_entry, row);
}

int condition_row_make(struct condition_graph *graph, enum portsieve_direction direction,
		       const struct range_list *list, uint32_t stamp, uint16_t *otherwise,
		       struct sparse_row *row)
{
	int r = row_collect(graph, direction, list, stamp, row);

	if (!r && row->count)
		r = choose_otherwise(graph, &graph->directions[direction], stamp, otherwise, row);
	graph->cells_count += row->count;
	if (!r && graph->cells_count > PORTSIEVE_CELLS)
		r = graph_too_many(
			graph, list->ids[0], PORTSIEVE_CELLS,
			"combinations of ports and addresses; give rules the same ports, or "
			"the same lists of prefixes");
	return r;
}

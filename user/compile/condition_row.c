/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For each class of addresses: the ranges of the list that match it, and their entry. The most
 * frequent entry becomes the default and needs no cells.
 */
#include "compile/condition_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum {
	/* ids of ranges looked at, over all classes: takes some seconds */
	WORK_MAX = 400000000,
	INSERTED_MAX = 8, /* more are sorted by qsort() */
};

static struct direction_work *work_of(const struct condition_row *row)
{
	return &row->state->directions[row->direction];
}

/* The list of prefixes that the rule of a range names. */
static uint32_t prefixes_of(const struct condition_row *row, uint16_t range)
{
	return work_of(row)->classes.list_of_rule[row->state->image->range[range].rule];
}

static int compare_ids(const void *one, const void *other)
{
	return *(const uint16_t *)one - *(const uint16_t *)other;
}

/* Sorts ids whose first `sorted` are in order already. */
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

bool condition_row_begin(struct condition_row *row)
{
	struct direction_work *work = work_of(row);
	const struct range_list *list = row->list;
	size_t any = 0;

	row->stamp = ++row->state->stamp;
	for (size_t i = list->count; i--;) {
		uint16_t range = list->ids[i];
		uint32_t prefixes = prefixes_of(row, range);

		if (prefixes == ADDRESS_LIST_ANY) {
			any++;
			work->any[RANGE_NUMBERS - any] = range;
			continue;
		}
		if (work->list_stamp[prefixes] != row->stamp) {
			work->list_stamp[prefixes] = row->stamp;
			work->first_range[prefixes] = 0;
		}
		work->next_range[range] = work->first_range[prefixes];
		work->first_range[prefixes] = range;
	}
	work->any_count = any;
	return any < list->count;
}

/* The ranges of the list that an address of a class leaves, ascending, in work->left. */
static struct range_list ranges_left(const struct condition_row *row, uint32_t class)
{
	struct direction_work *work = work_of(row);
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

			if (work->list_stamp[prefixes] != row->stamp)
				continue;
			for (uint16_t range = work->first_range[prefixes]; range;
			     range = work->next_range[range])
				left.ids[left.count++] = range;
		}
	}
	sort(left.ids, left.count, sorted);
	row->state->work += left.count + 1;
	return left;
}

/* The entry of one class. */
static int class_entry(const struct condition_row *row, uint32_t class, uint16_t *ret_entry)
{
	struct range_list left = ranges_left(row, class);

	return row->rest(row->state, row->direction, &left, ret_entry);
}

static int cell_add(struct condition_row *row, uint32_t class, uint16_t entry)
{
	struct sparse_row *into = &row->cells;
	struct sparse_cell *cells = array_room(into->cells, into->count, sizeof(*cells));

	if (!cells)
		return condition_no_memory(row->state);
	into->cells = cells;
	cells[into->count++] = (struct sparse_cell){ .class = class, .entry = entry };
	return 0;
}

static int class_add(struct condition_row *row, uint32_t class)
{
	uint16_t entry = 0;
	int r = class_entry(row, class, &entry);

	if (r)
		return r;
	if (row->state->work > WORK_MAX)
		return condition_too_many(
			row->state, row->list->ids[0], WORK_MAX,
			"combinations of ports and addresses to be looked at; give rules the "
			"same ports, or the same lists of prefixes");
	return cell_add(row, class, entry);
}

/* Adds the entries of all classes of the prefixes that the list's rules name. */
static int add_seen(struct condition_row *row)
{
	struct direction_work *work = work_of(row);
	const struct address_classes *classes = &work->classes;

	for (size_t i = 0; i < row->list->count; i++) {
		uint32_t prefixes = prefixes_of(row, row->list->ids[i]);

		if (prefixes == ADDRESS_LIST_ANY)
			continue;
		for (uint32_t at = classes->first_class[prefixes];
		     at < classes->first_class[prefixes + 1]; at++) {
			uint32_t class = classes->classes[at];
			int r;

			if (work->class_stamp[class] == row->stamp)
				continue;
			work->class_stamp[class] = row->stamp;
			r = class_add(row, class);
			if (r)
				return r;
		}
	}
	return 0;
}

/* Adds cells for the classes that the list does not name, class 0 among them. */
static int add_unseen(struct condition_row *row, uint16_t entry)
{
	const struct direction_work *work = work_of(row);

	for (uint32_t class = 0; class < work->classes.count; class ++) {
		int r = work->class_stamp[class] == row->stamp ? 0 : cell_add(row, class, entry);

		if (r)
			return r;
	}
	return 0;
}

/* Counts the row's entries in state->times. Returns the most frequent. */
static uint16_t count_entries(const struct condition_row *row)
{
	const struct sparse_row *cells = &row->cells;
	uint32_t *times = row->state->times;
	uint16_t most = cells->cells[0].entry;

	times[row->otherwise] = 0;
	for (size_t i = 0; i < cells->count; i++)
		times[cells->cells[i].entry] = 0;
	for (size_t i = 0; i < cells->count; i++) {
		uint16_t entry = cells->cells[i].entry;

		if (++times[entry] > times[most])
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

/*
 * The entry that most classes get needs no cells: the entry of the classes that the list does not
 * name, or, if one broad prefix lies beside many narrow ones, the entry of the broad one.
 */
static int choose_otherwise(struct condition_row *row)
{
	const uint32_t *times = row->state->times;
	uint16_t unseen_entry = row->otherwise, most = count_entries(row);
	/* at least one: class 0 */
	size_t unseen = work_of(row)->classes.count - row->cells.count;

	if (times[most] <= unseen + times[unseen_entry]) {
		leave_out(&row->cells, unseen_entry);
		return 0;
	}
	leave_out(&row->cells, most);
	row->otherwise = most;
	return add_unseen(row, unseen_entry);
}

int condition_row_make(struct condition_row *row)
{
	struct condition_state *state = row->state;
	int r;

	row->otherwise = PORTSIEVE_ENTRY_FALL;
	r = class_entry(row, 0, &row->otherwise);
	if (r)
		return r;
	r = add_seen(row);
	if (r)
		return r;
	if (row->cells.count) {
		r = choose_otherwise(row);
		if (r)
			return r;
	}
	state->cells_count += row->cells.count;
	if (state->cells_count > PORTSIEVE_CELLS)
		return condition_too_many(
			state, row->list->ids[0], PORTSIEVE_CELLS,
			"combinations of ports and addresses; give rules the same ports, or "
			"the same lists of prefixes");
	return 0;
}

void condition_row_free(struct condition_row *row)
{
	free(row->cells.cells);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One port range: for which addresses does the verdict change? Each pair of a class of sources and
 * a class of destinations is one question. Classes that no rule of the range names are one, the
 * rest. Pairs with the same answer are joined to rectangles: some sources by some destinations.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "analysis/diff_parts.h"

enum { ALL_FAMILIES = (1 << POLICY_IPV4) | (1 << POLICY_IPV6) };

/* The items of one direction: named classes, ascending; item number `count` is the rest. */
struct items {
	struct partition *partition;
	uint32_t *classes;
	size_t count;
	uint8_t rest_families;
};

/* A pair of items whose verdict changes. The order of the fields is that of sorting. */
struct cell {
	uint32_t before; /* what decides: a contender, or their count: what decides otherwise */
	uint32_t after;
	uint32_t from;
	uint32_t to;
};

/* Cells of one source and the same deciders. */
struct row {
	const struct cell *cells;
	size_t count;
};

struct judging {
	struct comparison *comparison;
	const struct segment *segment;
	struct policy_diff_changes *changes;
	struct items items[PORTSIEVE_DIRECTIONS];
	uint32_t *deciders[SIDES]; /* by source, then by destination; numbers as in struct cell */
	struct cell *cells;
	size_t cells_count;
};

/* Sorts as the numbers in their order do. */
static int compare_numbers(const uint32_t *a, const uint32_t *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static int compare_classes(const void *one, const void *other)
{
	return compare_numbers(one, other, 1);
}

static int compare_cells(const void *one, const void *other)
{
	return compare_numbers(one, other, sizeof(struct cell) / sizeof(uint32_t));
}

static int compare_deciders(const struct cell *a, const struct cell *b)
{
	int order = compare_numbers(&a->before, &b->before, 1);

	return order ? order : compare_numbers(&a->after, &b->after, 1);
}

/* All but the source. */
static int compare_contents(const struct row *a, const struct row *b)
{
	int order = compare_deciders(a->cells, b->cells);

	if (!order && a->count != b->count)
		order = a->count < b->count ? -1 : 1;
	for (size_t i = 0; !order && i < a->count; i++)
		order = compare_numbers(&a->cells[i].to, &b->cells[i].to, 1);
	return order;
}

static int compare_rows(const void *one, const void *other)
{
	const struct row *a = one, *b = other;
	int order = compare_contents(a, b);

	return order ? order : compare_numbers(&a->cells->from, &b->cells->from, 1);
}

static void judging_free(struct judging *judging)
{
	for (int side = BEFORE; side < SIDES; side++)
		free(judging->deciders[side]);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		free(judging->items[direction].classes);
	free(judging->cells);
}

/* The list of prefixes that a contender names, or ADDRESS_LIST_ANY. */
static uint32_t list_of(const struct judging *judging, int side, enum portsieve_direction direction,
			size_t contender)
{
	uint32_t rule = judging->segment->sides[side].rules[contender];

	return judging->comparison->partitions[direction].lists[side][rule];
}

static struct policy_decider decider_of(const struct judging *judging, int side, uint32_t contender)
{
	const struct contenders *contenders = &judging->segment->sides[side];
	const struct policy_rule *rule;

	if (contender == contenders->count)
		return contenders->otherwise;
	rule = &judging->comparison->policies[side]->rules[contenders->rules[contender]];
	return (struct policy_decider){ .rule = rule, .drop = rule->action == POLICY_DROP };
}

static enum policy_diff_effect effect_of(const struct judging *judging, uint32_t before,
					 uint32_t after)
{
	return policy_diff_effect_of(judging->comparison, decider_of(judging, BEFORE, before).drop,
				     decider_of(judging, AFTER, after).drop);
}

/* Do both policies ask the same in the same order, to the same effect? */
static bool is_same(const struct judging *judging)
{
	const struct contenders *sides = judging->segment->sides;

	if (sides[BEFORE].count != sides[AFTER].count)
		return false;
	for (size_t i = 0; i <= sides[BEFORE].count; i++)
		if (effect_of(judging, i, i))
			return false;
	for (size_t i = 0; i < sides[BEFORE].count; i++)
		for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
			if (list_of(judging, BEFORE, direction, i) !=
			    list_of(judging, AFTER, direction, i))
				return false;
	return true;
}

/* Adds the classes of a list that are not there yet, and marks them. */
static int add_classes(struct items *items, uint32_t list)
{
	const struct address_classes *all = &items->partition->classes;

	for (uint32_t i = all->first_class[list]; i < all->first_class[list + 1]; i++) {
		uint32_t class = all->classes[i], *classes;

		if (items->partition->marked[class])
			continue;
		classes = array_room(items->classes, items->count, sizeof(*classes));
		if (!classes)
			return -ENOMEM;
		items->classes = classes;
		classes[items->count++] = class;
		items->partition->marked[class] = true;
	}
	return 0;
}

/* Makes the items of a direction: the classes that a contender names, and the rest. */
static int make_items(struct judging *judging, enum portsieve_direction direction)
{
	struct partition *partition = &judging->comparison->partitions[direction];
	struct items *items = &judging->items[direction];
	uint32_t rest[] = { partition->classes_of_family[POLICY_IPV4],
			    partition->classes_of_family[POLICY_IPV6] };
	int r = 0;

	items->partition = partition;
	for (int side = BEFORE; side < SIDES; side++)
		for (size_t i = 0; !r && i < judging->segment->sides[side].count; i++) {
			uint32_t list = list_of(judging, side, direction, i);

			if (list != ADDRESS_LIST_ANY)
				r = add_classes(items, list);
		}
	if (r)
		return r;
	if (items->count)
		qsort(items->classes, items->count, sizeof(*items->classes), compare_classes);
	for (size_t i = 0; i < items->count; i++) {
		uint32_t class = items->classes[i];

		partition->marked[class] = false;
		partition->item_of_class[class] = i;
		for (int family = POLICY_IPV4; family <= POLICY_IPV6; family++)
			rest[family] -= partition->families[class] >> family & 1;
	}
	items->rest_families = !!rest[POLICY_IPV4] << POLICY_IPV4 | !!rest[POLICY_IPV6]
									    << POLICY_IPV6;
	return 0;
}

static uint8_t families_of(const struct items *items, size_t item)
{
	return item < items->count ? items->partition->families[items->classes[item]]
				   : items->rest_families;
}

/* The items that a contender matches in one direction: those of its list's classes, or all. */
struct matched {
	const uint32_t *classes; /* NULL: all items */
	const uint32_t *item_of_class;
	size_t count;
};

static struct matched matched_by(const struct judging *judging, int side,
				 enum portsieve_direction direction, size_t contender)
{
	const struct items *items = &judging->items[direction];
	const struct address_classes *classes = &items->partition->classes;
	uint32_t list = list_of(judging, side, direction, contender);

	if (list == ADDRESS_LIST_ANY)
		return (struct matched){ .count = items->count + 1 };
	return (struct matched){
		.classes = classes->classes + classes->first_class[list],
		.item_of_class = items->partition->item_of_class,
		.count = classes->first_class[list + 1] - classes->first_class[list],
	};
}

static size_t matched_item(const struct matched *matched, size_t i)
{
	return matched->classes ? matched->item_of_class[matched->classes[i]] : i;
}

static bool is_too_much(const struct judging *judging)
{
	uint64_t pairs = (judging->items[PORTSIEVE_SOURCE].count + 1) *
			 (judging->items[PORTSIEVE_DESTINATION].count + 1);
	uint64_t steps = 0;

	for (int side = BEFORE; side < SIDES; side++)
		for (size_t i = 0; i < judging->segment->sides[side].count; i++)
			steps += matched_by(judging, side, PORTSIEVE_SOURCE, i).count *
				 matched_by(judging, side, PORTSIEVE_DESTINATION, i).count;
	return pairs > POLICY_DIFF_QUESTIONS_MAX || steps > POLICY_DIFF_STEPS_MAX;
}

/* Each contender decides the pairs that it matches and no earlier one has decided. */
static int find_deciders(struct judging *judging, int side)
{
	size_t width = judging->items[PORTSIEVE_DESTINATION].count + 1;
	size_t pairs = (judging->items[PORTSIEVE_SOURCE].count + 1) * width;
	uint32_t *deciders = calloc(pairs, sizeof(*deciders));
	uint32_t undecided = judging->segment->sides[side].count;

	judging->deciders[side] = deciders;
	if (!deciders)
		return -ENOMEM;
	for (size_t i = 0; i < pairs; i++)
		deciders[i] = undecided;
	for (uint32_t i = 0; i < undecided; i++) {
		struct matched from = matched_by(judging, side, PORTSIEVE_SOURCE, i);
		struct matched to = matched_by(judging, side, PORTSIEVE_DESTINATION, i);

		for (size_t f = 0; f < from.count; f++) {
			uint32_t *row = &deciders[matched_item(&from, f) * width];

			for (size_t t = 0; t < to.count; t++)
				if (row[matched_item(&to, t)] == undecided)
					row[matched_item(&to, t)] = i;
		}
	}
	return 0;
}

/* Gathers the pairs whose verdict changes, of those that have addresses of one family. */
static int find_cells(struct judging *judging)
{
	const struct items *from = &judging->items[PORTSIEVE_SOURCE];
	const struct items *to = &judging->items[PORTSIEVE_DESTINATION];
	size_t pairs = (from->count + 1) * (to->count + 1);

	for (size_t pair = 0; pair < pairs; pair++) {
		struct cell *cells, cell = {
			.before = judging->deciders[BEFORE][pair],
			.after = judging->deciders[AFTER][pair],
			.from = pair / (to->count + 1),
			.to = pair % (to->count + 1),
		};

		if (!effect_of(judging, cell.before, cell.after) ||
		    !(families_of(from, cell.from) & families_of(to, cell.to)))
			continue;
		cells = array_room(judging->cells, judging->cells_count, sizeof(*cells));
		if (!cells)
			return -ENOMEM;
		judging->cells = cells;
		cells[judging->cells_count++] = cell;
	}
	return 0;
}

/* Appends a change, of the ports of the segment. */
static int add_change(const struct judging *judging, const struct policy_diff_change *change)
{
	struct policy_diff_changes *changes = judging->changes;
	struct policy_diff_change *list = array_room(changes->list, changes->count, sizeof(*list));

	if (!list)
		return -ENOMEM;
	changes->list = list;
	list[changes->count] = *change;
	list[changes->count].transport = judging->segment->transport;
	list[changes->count].low = judging->segment->low;
	list[changes->count++].high = judging->segment->high;
	return 0;
}

/* The addresses of items (ascending) of one direction. The rest, the last item, is a complement. */
static const struct area *area_of_items(const struct items *items, const uint32_t *numbers,
					size_t count, uint8_t families)
{
	bool complement = numbers[count - 1] == items->count;
	_cleanup_free_ uint32_t *classes = calloc(items->count + 1, sizeof(*classes));
	struct area_question question = { classes, 0, complement, families };
	size_t next = 0;

	if (!classes)
		return NULL;
	for (uint32_t item = 0; item < items->count; item++) {
		bool listed = next < count && numbers[next] == item;

		next += listed;
		if (listed != complement)
			classes[question.count++] = items->classes[item];
	}
	return partition_area(items->partition, &question);
}

/* Adds the change of rows that differ in their sources alone. */
static int add_rectangle(const struct judging *judging, const struct row *rows, size_t count)
{
	const struct items *from_items = &judging->items[PORTSIEVE_SOURCE];
	const struct items *to_items = &judging->items[PORTSIEVE_DESTINATION];
	const struct cell *first = rows->cells;
	_cleanup_free_ uint32_t *from = calloc(count, sizeof(*from));
	_cleanup_free_ uint32_t *to = calloc(rows->count, sizeof(*to));
	struct policy_diff_change change = {
		.before = decider_of(judging, BEFORE, first->before),
		.after = decider_of(judging, AFTER, first->after),
		.effect = effect_of(judging, first->before, first->after),
	};
	uint8_t from_families = 0, to_families = 0, families;

	if (!from || !to)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		from[i] = rows[i].cells->from;
		from_families |= families_of(from_items, from[i]);
	}
	for (size_t i = 0; i < rows->count; i++) {
		to[i] = first[i].to;
		to_families |= families_of(to_items, to[i]);
	}
	families = from_families & to_families;
	change.from = area_of_items(from_items, from, count, families);
	change.to = area_of_items(to_items, to, rows->count, families);
	if (!change.from || !change.to)
		return -ENOMEM;
	/* Any address is left unsaid, but not both times where it is those of one family only. */
	if (change.from->all && (!change.to->all || families == ALL_FAMILIES))
		change.from = NULL;
	if (change.to->all)
		change.to = NULL;
	return add_change(judging, &change);
}

/* From cells to rows, from rows to rectangles. */
static int add_rectangles(struct judging *judging)
{
	_cleanup_free_ struct row *rows = calloc(judging->cells_count + 1, sizeof(*rows));
	size_t count = 0;
	int r = 0;

	if (!rows)
		return -ENOMEM;
	if (!judging->cells_count)
		return 0;
	qsort(judging->cells, judging->cells_count, sizeof(*judging->cells), compare_cells);
	for (size_t i = 0; i < judging->cells_count; i++) {
		const struct cell *cell = &judging->cells[i];

		if (!i || compare_deciders(cell - 1, cell) || cell[-1].from != cell->from)
			rows[count++].cells = cell;
		rows[count - 1].count++;
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	for (size_t first = 0, end; !r && first < count; first = end) {
		for (end = first + 1; end < count && !compare_contents(&rows[first], &rows[end]);)
			end++;
		r = add_rectangle(judging, &rows[first], end - first);
	}
	return r;
}

static int compare_addresses(struct judging *judging)
{
	const struct policy_diff_change unclear = { .unclear = true };
	const struct partition *partitions = judging->comparison->partitions;
	int r = 0;

	if (partitions[PORTSIEVE_SOURCE].too_many || partitions[PORTSIEVE_DESTINATION].too_many)
		return add_change(judging, &unclear);
	for (int direction = 0; !r && direction < PORTSIEVE_DIRECTIONS; direction++)
		r = make_items(judging, direction);
	if (r)
		return r;
	if (is_too_much(judging))
		return add_change(judging, &unclear);
	for (int side = BEFORE; !r && side < SIDES; side++)
		r = find_deciders(judging, side);
	if (r)
		return r;
	r = find_cells(judging);
	return r ? r : add_rectangles(judging);
}

int policy_diff_segment(struct comparison *comparison, const struct segment *segment,
			struct policy_diff_changes *changes)
{
	__attribute__((cleanup(judging_free))) struct judging judging = {
		.comparison = comparison,
		.segment = segment,
		.changes = changes,
	};

	if (is_same(&judging))
		return 0;
	if (segment->sides[BEFORE].count || segment->sides[AFTER].count)
		return compare_addresses(&judging);
	return add_change(&judging, &(struct policy_diff_change){
					    .before = segment->sides[BEFORE].otherwise,
					    .after = segment->sides[AFTER].otherwise,
					    .effect = effect_of(&judging, 0, 0),
				    });
}

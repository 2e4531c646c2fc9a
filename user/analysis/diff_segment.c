/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One port range: for which addresses does the verdict change? Each pair of a class of sources and
 * a class of destinations is one question. Classes that no rule of the range names count as one,
 * the rest. Pairs with the same answer are merged into rectangles: some sources by some
 * destinations.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diff_parts.h"
#include "base/array.h"
#include "base/cleanup.h"

enum policy_diff_effect policy_diff_effect_of(const struct policy_decider *before,
					      const struct policy_decider *after)
{
	enum { ALLOWED, COUNTED, DROPPED, FATES };
	static const enum policy_diff_effect effects[FATES][FATES] = {
		[ALLOWED][COUNTED] = POLICY_DIFF_NOW_COUNTED,
		[ALLOWED][DROPPED] = POLICY_DIFF_NOW_DROPPED,
		[COUNTED][ALLOWED] = POLICY_DIFF_NO_LONGER_COUNTED,
		[COUNTED][DROPPED] = POLICY_DIFF_NOW_ENFORCED,
		[DROPPED][ALLOWED] = POLICY_DIFF_NOW_ALLOWED,
		[DROPPED][COUNTED] = POLICY_DIFF_NO_LONGER_ENFORCED,
	};
	const struct policy_decider *deciders[SIDES] = { before, after };
	int fates[SIDES];

	for (int side = BEFORE; side < SIDES; side++)
		fates[side] = !deciders[side]->drop	  ? ALLOWED
			      : deciders[side]->monitored ? COUNTED
							  : DROPPED;
	return effects[fates[BEFORE]][fates[AFTER]];
}

/* The items of one direction: named classes, ascending; item `count` is the rest. */
struct items {
	struct partition *partition;
	uint32_t *classes;
	size_t count;
	uint8_t rest_families;
};

/* A pair of items whose verdict changes. Contenders by number; their count means `otherwise`. */
struct cell {
	uint32_t deciders[SIDES];
	uint32_t items[PORTSIEVE_DIRECTIONS];
};

/* Cells with one source and the same deciders. */
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

static void judging_free(struct judging *judging)
{
	for (int side = BEFORE; side < SIDES; side++)
		free(judging->deciders[side]);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		free(judging->items[direction].classes);
	free(judging->cells);
}

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
	const struct cell *a = one, *b = other;
	int order = compare_numbers(a->deciders, b->deciders, SIDES);

	return order ? order : compare_numbers(a->items, b->items, PORTSIEVE_DIRECTIONS);
}

/* Compares all but the source. */
static int compare_contents(const struct row *a, const struct row *b)
{
	int order = compare_numbers(a->cells->deciders, b->cells->deciders, SIDES);

	if (!order && a->count != b->count)
		order = a->count < b->count ? -1 : 1;
	for (size_t i = 0; !order && i < a->count; i++)
		order = compare_numbers(&a->cells[i].items[PORTSIEVE_DESTINATION],
					&b->cells[i].items[PORTSIEVE_DESTINATION], 1);
	return order;
}

static int compare_rows(const void *one, const void *other)
{
	const struct row *a = one, *b = other;
	int order = compare_contents(a, b);

	return order ? order : compare_numbers(a->cells->items, b->cells->items, 1);
}

/* The list of prefixes that a contender names, or ADDRESS_LIST_ANY. */
static uint32_t list_of(const struct judging *judging, int side, enum portsieve_direction direction,
			size_t contender)
{
	uint32_t number = judging->segment->sides[side].numbers[contender];

	if (contender_is_others(number) && direction == PORTSIEVE_SOURCE)
		return ADDRESS_LIST_ANY;
	return judging->comparison->partitions[direction].lists[side][contender_rule(number)];
}

static struct policy_decider decider_of(const struct judging *judging, int side, uint32_t contender)
{
	const struct contenders *contenders = &judging->segment->sides[side];
	const struct policy *policy = judging->comparison->policies[side];
	uint32_t number;

	if (contender == contenders->count)
		return contenders->otherwise;
	number = contenders->numbers[contender];
	return policy_decider_of(policy, &policy->rules[contender_rule(number)],
				 contender_is_others(number));
}

/* Is it a rule that is only monitored, apart from the policy's mode? */
static bool is_monitored(const struct judging *judging, int side, uint32_t contender)
{
	const struct contenders *contenders = &judging->segment->sides[side];
	const struct policy *policy = judging->comparison->policies[side];

	return policy->rules[contender_rule(contenders->numbers[contender])].monitor;
}

/* Does it drop packets, apart from the policy's mode? */
static bool drops(const struct judging *judging, int side, uint32_t contender)
{
	const struct policy *policy = judging->comparison->policies[side];
	struct policy_decider decider = decider_of(judging, side, contender);

	if (decider.knob)
		return decider.drop &&
		       !(judging->comparison->sides[side]->monitor_knobs & judging->segment->knobs);
	return decider.drop && (decider.rule || !policy->default_monitor);
}

/* The change between two deciding contenders, without addresses. */
static struct policy_diff_change change_of(const struct judging *judging,
					   const uint32_t deciders[SIDES])
{
	struct policy_diff_change change = {
		.transport = judging->segment->transport,
		.knobs = judging->segment->knobs,
		.low = judging->segment->low,
		.high = judging->segment->high,
		.before = decider_of(judging, BEFORE, deciders[BEFORE]),
		.after = decider_of(judging, AFTER, deciders[AFTER]),
	};

	change.effect = policy_diff_effect_of(&change.before, &change.after);
	return change;
}

static int add_change(const struct judging *judging, struct policy_diff_change change)
{
	struct policy_diff_changes *changes = judging->changes;
	struct policy_diff_change *list = array_room(changes->list, changes->count, sizeof(*list));

	if (!list)
		return -ENOMEM;
	changes->list = list;
	list[changes->count++] = change;
	return 0;
}

static int add_unclear(const struct judging *judging)
{
	return add_change(judging, (struct policy_diff_change){
					   .transport = judging->segment->transport,
					   .knobs = judging->segment->knobs,
					   .low = judging->segment->low,
					   .high = judging->segment->high,
					   .unclear = true,
				   });
}

/* Do both policies have the same contenders in the same order, with the same effect? */
static bool is_same(const struct judging *judging)
{
	const struct contenders *sides = judging->segment->sides;

	if (sides[BEFORE].count != sides[AFTER].count)
		return false;
	for (uint32_t i = 0; i <= sides[BEFORE].count; i++)
		if (change_of(judging, (uint32_t[]){ i, i }).effect)
			return false;
	for (size_t i = 0; i < sides[BEFORE].count; i++)
		for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
			if (list_of(judging, BEFORE, direction, i) !=
			    list_of(judging, AFTER, direction, i))
				return false;
	return true;
}

/* Adds and marks the classes of a list that are missing. */
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

/* Makes the items of a direction: the classes that contenders name, and the rest. */
static int make_items(struct judging *judging, enum portsieve_direction direction)
{
	struct partition *partition = &judging->comparison->partitions[direction];
	struct items *items = &judging->items[direction];
	uint32_t named[POLICY_FAMILIES] = { 0 }; /* classes with addresses of the family */

	items->partition = partition;
	for (int side = BEFORE; side < SIDES; side++)
		for (size_t i = 0; i < judging->segment->sides[side].count; i++) {
			uint32_t list = list_of(judging, side, direction, i);
			int r = list == ADDRESS_LIST_ANY ? 0 : add_classes(items, list);

			if (r)
				return r;
		}
	if (items->count)
		qsort(items->classes, items->count, sizeof(*items->classes), compare_classes);
	for (size_t i = 0; i < items->count; i++) {
		uint32_t class = items->classes[i];

		partition->marked[class] = false;
		partition->item_of_class[class] = i;
		for (int family = 0; family < POLICY_FAMILIES; family++)
			named[family] += partition->families[class] >> family & 1;
	}
	for (int family = 0; family < POLICY_FAMILIES; family++)
		if (named[family] < partition->classes_of_family[family])
			items->rest_families |= 1 << family;
	return 0;
}

static uint8_t families_of(const struct items *items, uint32_t item)
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

/*
 * Each contender decides the pairs that it matches and that no earlier one has decided. If it does
 * not drop the packet, the first earlier monitored contender that matches decides instead.
 */
static int find_deciders(struct judging *judging, int side)
{
	size_t width = judging->items[PORTSIEVE_DESTINATION].count + 1;
	size_t pairs = (judging->items[PORTSIEVE_SOURCE].count + 1) * width;
	uint32_t *deciders = calloc(pairs, sizeof(*deciders));
	_cleanup_free_ uint32_t *monitored = calloc(pairs, sizeof(*monitored));
	uint32_t undecided = judging->segment->sides[side].count;

	judging->deciders[side] = deciders;
	if (!deciders || !monitored)
		return -ENOMEM;
	for (size_t i = 0; i < pairs; i++)
		deciders[i] = monitored[i] = undecided;
	for (uint32_t i = 0; i < undecided; i++) {
		struct matched from = matched_by(judging, side, PORTSIEVE_SOURCE, i);
		struct matched to = matched_by(judging, side, PORTSIEVE_DESTINATION, i);
		uint32_t *into = is_monitored(judging, side, i) ? monitored : deciders;

		for (size_t f = 0; f < from.count; f++)
			for (size_t t = 0; t < to.count; t++) {
				size_t pair = matched_item(&from, f) * width + matched_item(&to, t);

				if (deciders[pair] == undecided && into[pair] == undecided)
					into[pair] = i;
			}
	}
	for (size_t i = 0; i < pairs; i++)
		if (monitored[i] != undecided && !drops(judging, side, deciders[i]))
			deciders[i] = monitored[i];
	return 0;
}

/* Collects the pairs whose verdict changes. Source and destination must share a family. */
static int find_cells(struct judging *judging)
{
	const struct items *from = &judging->items[PORTSIEVE_SOURCE];
	const struct items *to = &judging->items[PORTSIEVE_DESTINATION];
	size_t pairs = (from->count + 1) * (to->count + 1);

	for (size_t pair = 0; pair < pairs; pair++) {
		struct cell *cells, cell = {
			.deciders = { judging->deciders[BEFORE][pair],
				      judging->deciders[AFTER][pair] },
			.items = { pair / (to->count + 1), pair % (to->count + 1) },
		};

		if (!change_of(judging, cell.deciders).effect ||
		    !(families_of(from, cell.items[PORTSIEVE_SOURCE]) &
		      families_of(to, cell.items[PORTSIEVE_DESTINATION])))
			continue;
		cells = array_room(judging->cells, judging->cells_count, sizeof(*cells));
		if (!cells)
			return -ENOMEM;
		judging->cells = cells;
		cells[judging->cells_count++] = cell;
	}
	return 0;
}

/* Rows that differ only in their sources. */
struct rectangle {
	const struct row *rows;
	size_t counts[PORTSIEVE_DIRECTIONS]; /* of rows, and of cells in each row */
};

static uint32_t item_at(const struct rectangle *rectangle, enum portsieve_direction direction,
			size_t i)
{
	return direction == PORTSIEVE_SOURCE
		       ? rectangle->rows[i].cells->items[PORTSIEVE_SOURCE]
		       : rectangle->rows->cells[i].items[PORTSIEVE_DESTINATION];
}

/* The addresses of the rectangle's items, ascending. The rest, the last item, is a complement. */
static const struct area *area_of(const struct judging *judging, const struct rectangle *rectangle,
				  enum portsieve_direction direction, uint8_t families)
{
	const struct items *items = &judging->items[direction];
	_cleanup_free_ uint32_t *classes = calloc(items->count + 1, sizeof(*classes));
	size_t count = rectangle->counts[direction], next = 0;
	struct area_question question = {
		.classes = classes,
		.complement = item_at(rectangle, direction, count - 1) == items->count,
		.families = families,
	};

	if (!classes)
		return NULL;
	for (uint32_t item = 0; item < items->count; item++) {
		bool listed = next < count && item_at(rectangle, direction, next) == item;

		next += listed;
		if (listed != question.complement)
			classes[question.count++] = items->classes[item];
	}
	return partition_area(items->partition, &question);
}

static int add_rectangle(const struct judging *judging, const struct rectangle *rectangle)
{
	struct policy_diff_change change = change_of(judging, rectangle->rows->cells->deciders);
	uint8_t families = ADDRESSES_ALL_FAMILIES;

	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		uint8_t found = 0;

		for (size_t i = 0; i < rectangle->counts[direction]; i++)
			found |= families_of(&judging->items[direction],
					     item_at(rectangle, direction, i));
		families &= found;
	}
	change.from = area_of(judging, rectangle, PORTSIEVE_SOURCE, families);
	change.to = area_of(judging, rectangle, PORTSIEVE_DESTINATION, families);
	if (!change.from || !change.to)
		return -ENOMEM;
	/* "Any" is omitted, but if only one family is meant, one side must name it. */
	if (change.from->all && (!change.to->all || families == ADDRESSES_ALL_FAMILIES))
		change.from = NULL;
	if (change.to->all)
		change.to = NULL;
	return add_change(judging, change);
}

/* From cells to rows, from rows to rectangles. */
static int add_rectangles(struct judging *judging)
{
	_cleanup_free_ struct row *rows = calloc(judging->cells_count + 1, sizeof(*rows));
	size_t count = 0;

	if (!rows)
		return -ENOMEM;
	if (judging->cells_count)
		qsort(judging->cells, judging->cells_count, sizeof(*judging->cells), compare_cells);
	for (size_t i = 0; i < judging->cells_count; i++) {
		const struct cell *cell = &judging->cells[i];

		if (!i || memcmp(cell - 1, cell, offsetof(struct cell, items[1])))
			rows[count++].cells = cell;
		rows[count - 1].count++;
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	for (size_t first = 0, end; first < count; first = end) {
		int r;

		for (end = first + 1; end < count && !compare_contents(&rows[first], &rows[end]);)
			end++;
		r = add_rectangle(judging, &(struct rectangle){
						   .rows = &rows[first],
						   .counts = { end - first, rows[first].count },
					   });
		if (r)
			return r;
	}
	return 0;
}

int policy_diff_segment(struct comparison *comparison, const struct segment *segment,
			struct policy_diff_changes *changes)
{
	__attribute__((cleanup(judging_free))) struct judging judging = {
		.comparison = comparison,
		.segment = segment,
		.changes = changes,
	};
	const struct partition *partitions = comparison->partitions;
	int r;

	if (is_same(&judging))
		return 0;
	if (!segment->sides[BEFORE].count && !segment->sides[AFTER].count)
		return add_change(&judging, change_of(&judging, (uint32_t[SIDES]){ 0 }));
	if (partitions[PORTSIEVE_SOURCE].too_many || partitions[PORTSIEVE_DESTINATION].too_many)
		return add_unclear(&judging);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		r = make_items(&judging, direction);
		if (r)
			return r;
	}
	if (is_too_much(&judging))
		return add_unclear(&judging);
	for (int side = BEFORE; side < SIDES; side++) {
		r = find_deciders(&judging, side);
		if (r)
			return r;
	}
	r = find_cells(&judging);
	return r ? r : add_rectangles(&judging);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One port range: for which addresses does the verdict change? Each pair of a class of sources and
 * a class of destinations is one question. Classes that no rule of the range names are one, the
 * rest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "analysis/diff_cells.h"
#include "analysis/diff_parts.h"

/* Contenders by what they name, as numbers from 1 in the order of the rules; 0: none. */
struct lookup {
	uint32_t *by_source;	  /* by set: the first that names it and no destination */
	uint32_t *by_destination; /* by set: the first that names it and matches `source` */
	uint32_t *asked_for;	  /* by set: the source + 1 that by_destination is of */
	uint32_t *pairs;	  /* indices of those that name a destination */
	size_t pairs_count;
};

struct judging {
	const struct comparison *comparison;
	const struct segment *segment;
	struct cell_sides sides[PORTSIEVE_DIRECTIONS];
	uint32_t *source_sets; /* by set: the source + 1 that is in it */
	struct lookup lookups[SIDES];
	struct cells cells;
};

static uint32_t set_of(const struct judging *judging, int side, enum portsieve_direction direction,
		       size_t contender)
{
	uint32_t rule = judging->segment->sides[side].rules[contender];

	return judging->comparison->sets[side][direction][rule];
}

static bool is_drop(const struct judging *judging, int side, size_t contender)
{
	const struct contenders *contenders = &judging->segment->sides[side];

	if (contender == contenders->count)
		return contenders->otherwise.drop;
	return judging->comparison->policies[side]->rules[contenders->rules[contender]].action ==
	       POLICY_DROP;
}

/* Do both policies ask the same in the same order, with the same verdicts? */
static bool is_same(const struct judging *judging)
{
	const struct contenders *sides = judging->segment->sides;

	if (sides[BEFORE].count != sides[AFTER].count)
		return false;
	for (size_t i = 0; i <= sides[BEFORE].count; i++)
		if (is_drop(judging, BEFORE, i) != is_drop(judging, AFTER, i))
			return false;
	for (size_t i = 0; i < sides[BEFORE].count; i++)
		for (int d = 0; d < PORTSIEVE_DIRECTIONS; d++)
			if (set_of(judging, BEFORE, d, i) != set_of(judging, AFTER, d, i))
				return false;
	return true;
}

static int make_lookup(struct judging *judging, int side)
{
	const struct contenders *contenders = &judging->segment->sides[side];
	const struct areas *areas = judging->comparison->diff->areas;
	struct lookup *lookup = &judging->lookups[side];

	lookup->by_source = calloc(areas[PORTSIEVE_SOURCE].sets, sizeof(uint32_t));
	lookup->by_destination = calloc(areas[PORTSIEVE_DESTINATION].sets, sizeof(uint32_t));
	lookup->asked_for = calloc(areas[PORTSIEVE_DESTINATION].sets, sizeof(uint32_t));
	lookup->pairs = calloc(contenders->count + 1, sizeof(uint32_t));
	if (!lookup->by_source || !lookup->by_destination || !lookup->asked_for || !lookup->pairs)
		return -ENOMEM;
	for (size_t i = 0; i < contenders->count; i++) {
		uint32_t *first = &lookup->by_source[set_of(judging, side, PORTSIEVE_SOURCE, i)];

		if (set_of(judging, side, PORTSIEVE_DESTINATION, i))
			lookup->pairs[lookup->pairs_count++] = i;
		else if (!*first)
			*first = i + 1;
	}
	return 0;
}

static void judging_free(struct judging *judging)
{
	for (int side = BEFORE; side < SIDES; side++) {
		free(judging->lookups[side].by_source);
		free(judging->lookups[side].by_destination);
		free(judging->lookups[side].asked_for);
		free(judging->lookups[side].pairs);
	}
	for (int d = 0; d < PORTSIEVE_DIRECTIONS; d++)
		free(judging->sides[d].classes);
	free(judging->source_sets);
	cells_free(&judging->cells);
}

static int compare_numbers(const void *one, const void *other)
{
	const uint32_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

static int add_classes(struct cell_sides *sides, uint32_t set)
{
	const struct areas *areas = sides->areas;

	for (uint32_t i = areas->first_of_set[set]; i < areas->first_of_set[set + 1]; i++) {
		uint32_t class = areas->classes_of_set[i], *classes;

		if (areas->marked[class])
			continue;
		classes = array_room(sides->classes, sides->count, sizeof(*classes));
		if (!classes)
			return -ENOMEM;
		sides->classes = classes;
		classes[sides->count++] = class;
		areas->marked[class] = true;
	}
	return 0;
}

/* The classes that a contender names, ascending, and the families of the rest. */
static int gather_classes(struct judging *judging, enum portsieve_direction direction)
{
	struct cell_sides *sides = &judging->sides[direction];
	struct areas *areas = &judging->comparison->diff->areas[direction];
	int r = 0;

	sides->areas = areas;
	for (int side = BEFORE; side < SIDES; side++)
		for (size_t i = 0; !r && i < judging->segment->sides[side].count; i++) {
			uint32_t set = set_of(judging, side, direction, i);

			if (set)
				r = add_classes(sides, set);
		}
	for (size_t c = 0; c < areas->classes_count; c++)
		if (!areas->marked[c])
			sides->rest_families |= areas->classes[c].families;
	for (size_t i = 0; i < sides->count; i++)
		areas->marked[sides->classes[i]] = false;
	if (sides->count)
		qsort(sides->classes, sides->count, sizeof(*sides->classes), compare_numbers);
	return r;
}

static uint64_t memberships(const struct cell_sides *sides)
{
	uint64_t count = 1;

	for (size_t i = 0; i < sides->count; i++)
		count += sides->areas->classes[sides->classes[i]].sets_count + 1;
	return count;
}

static bool is_too_much(const struct judging *judging)
{
	const struct cell_sides *from = &judging->sides[PORTSIEVE_SOURCE];
	const struct cell_sides *to = &judging->sides[PORTSIEVE_DESTINATION];
	uint64_t pairs = judging->lookups[BEFORE].pairs_count + judging->lookups[AFTER].pairs_count;

	return (uint64_t)(from->count + 1) * (to->count + 1) > POLICY_DIFF_QUESTIONS_MAX ||
	       memberships(from) + (from->count + 1) * (pairs + 2 * memberships(to)) >
		       POLICY_DIFF_STEPS_MAX;
}

static const struct area_class *class_of(const struct cell_sides *sides, size_t item)
{
	static const struct area_class rest;

	return item < sides->count ? &sides->areas->classes[sides->classes[item]] : &rest;
}

/*
 * Makes the look-up of destinations for one source. Returns the contender that decides where no
 * rule that names a destination comes before it.
 */
static uint32_t ask_source(struct judging *judging, int side, uint32_t source)
{
	const struct area_class *class = class_of(&judging->sides[PORTSIEVE_SOURCE], source);
	struct lookup *lookup = &judging->lookups[side];
	uint32_t best = judging->segment->sides[side].count;

	for (size_t s = 0; s < class->sets_count; s++) {
		uint32_t first = lookup->by_source[class->sets[s]];

		judging->source_sets[class->sets[s]] = source + 1;
		if (first && first - 1 < best)
			best = first - 1;
	}
	for (size_t p = 0; p < lookup->pairs_count && lookup->pairs[p] < best; p++) {
		uint32_t contender = lookup->pairs[p];
		uint32_t from = set_of(judging, side, PORTSIEVE_SOURCE, contender);
		uint32_t to = set_of(judging, side, PORTSIEVE_DESTINATION, contender);

		if (from && judging->source_sets[from] != source + 1)
			continue;
		if (lookup->asked_for[to] == source + 1)
			continue;
		lookup->asked_for[to] = source + 1;
		lookup->by_destination[to] = contender;
	}
	return best;
}

static uint32_t ask_destination(const struct judging *judging, int side, uint32_t source,
				uint32_t destination, uint32_t best)
{
	const struct area_class *class =
		class_of(&judging->sides[PORTSIEVE_DESTINATION], destination);
	const struct lookup *lookup = &judging->lookups[side];

	for (size_t s = 0; s < class->sets_count; s++) {
		uint32_t set = class->sets[s];

		if (lookup->asked_for[set] == source + 1 && lookup->by_destination[set] < best)
			best = lookup->by_destination[set];
	}
	return best;
}

static int judge_source(struct judging *judging, uint32_t source)
{
	const struct cell_sides *from = &judging->sides[PORTSIEVE_SOURCE];
	const struct cell_sides *to = &judging->sides[PORTSIEVE_DESTINATION];
	uint8_t families = cell_families(from, source);
	uint32_t best[SIDES] = { ask_source(judging, BEFORE, source),
				 ask_source(judging, AFTER, source) };

	for (uint32_t destination = 0; destination <= to->count; destination++) {
		struct cell cell = { .from = source, .to = destination };

		if (!(families & cell_families(to, destination)))
			continue;
		cell.before = ask_destination(judging, BEFORE, source, destination, best[BEFORE]);
		cell.after = ask_destination(judging, AFTER, source, destination, best[AFTER]);
		if (is_drop(judging, BEFORE, cell.before) == is_drop(judging, AFTER, cell.after))
			continue;
		if (!cells_add(&judging->cells, &cell))
			return -ENOMEM;
	}
	return 0;
}

static int judge(struct judging *judging)
{
	int r = 0;

	judging->source_sets = calloc(judging->comparison->diff->areas[PORTSIEVE_SOURCE].sets,
				      sizeof(*judging->source_sets));
	if (!judging->source_sets)
		return -ENOMEM;
	for (uint32_t source = 0; !r && source <= judging->sides[PORTSIEVE_SOURCE].count; source++)
		r = judge_source(judging, source);
	return r;
}

static struct policy_decider decider_of(const struct judging *judging, int side, uint32_t contender)
{
	const struct contenders *contenders = &judging->segment->sides[side];
	struct policy_decider decider = contenders->otherwise;

	if (contender < contenders->count)
		decider = (struct policy_decider){
			.rule = &judging->comparison->policies[side]
					 ->rules[contenders->rules[contender]],
			.drop = is_drop(judging, side, contender),
		};
	return decider;
}

static int add_change(const struct judging *judging, struct policy_diff_changes *changes,
		      const struct cell_group *group)
{
	struct policy_diff_change *list = array_room(changes->list, changes->count, sizeof(*list));

	if (!list)
		return -ENOMEM;
	changes->list = list;
	list[changes->count++] = (struct policy_diff_change){
		.transport = judging->segment->transport,
		.low = judging->segment->low,
		.high = judging->segment->high,
		.from = group ? group->areas[PORTSIEVE_SOURCE] : NULL,
		.to = group ? group->areas[PORTSIEVE_DESTINATION] : NULL,
		.before = decider_of(judging, BEFORE, group ? group->before : 0),
		.after = decider_of(judging, AFTER, group ? group->after : 0),
		.unclear = !group,
	};
	if (!group)
		list[changes->count - 1].before = list[changes->count - 1].after =
			(struct policy_decider){ 0 };
	return 0;
}

static int compare_addresses(struct judging *judging, struct policy_diff_changes *changes)
{
	const struct areas *areas = judging->comparison->diff->areas;
	struct cell_group group;
	int r = 0;

	if (areas[PORTSIEVE_SOURCE].too_many || areas[PORTSIEVE_DESTINATION].too_many)
		return add_change(judging, changes, NULL);
	for (int d = 0; !r && d < PORTSIEVE_DIRECTIONS; d++)
		r = gather_classes(judging, d);
	for (int side = BEFORE; !r && side < SIDES; side++)
		r = make_lookup(judging, side);
	if (!r && is_too_much(judging))
		return add_change(judging, changes, NULL);
	if (!r)
		r = judge(judging);
	if (!r)
		r = cells_group(&judging->cells);
	while (!r && (r = cells_next(&judging->cells, judging->sides, &group)) > 0)
		r = add_change(judging, changes, &group);
	return r;
}

int policy_diff_segment(const struct comparison *comparison, const struct segment *segment,
			struct policy_diff_changes *changes)
{
	struct judging judging = { .comparison = comparison, .segment = segment };
	struct cell_group all = { 0 };
	int r;

	if (is_same(&judging))
		return 0;
	if (!segment->sides[BEFORE].count && !segment->sides[AFTER].count)
		return add_change(&judging, changes, &all);
	r = compare_addresses(&judging, changes);
	judging_free(&judging);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list becomes a condition by source; what each class of sources leaves of it, one by
 * destination; what that leaves, steps by time.
 */
#include "condition_graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

enum {
	SLOTS = 1 << 16,
	NUMBERS = PORTSIEVE_ENTRY_RANGE + 1,
};

int graph_no_memory(const struct condition_graph *graph)
{
	return error_set(graph->error, ENOMEM, EXIT_FAILED, "not enough memory");
}

const struct policy_rule *graph_rule_of(const struct condition_graph *graph, uint16_t range)
{
	return &graph->policy->rules[graph->image->range[range].rule];
}

static uint16_t entry_of(const struct condition_graph *graph, uint16_t range)
{
	return graph->image->range[range].drop ? range | PORTSIEVE_ENTRY_DROP : range;
}

uint16_t reference_to(size_t number)
{
	return (uint16_t)((number & 1) * PORTSIEVE_ENTRY_DROP + PORTSIEVE_RANGES + number / 2);
}

int graph_too_many(const struct condition_graph *graph, uint16_t range, int limit, const char *what)
{
	const struct policy_rule *rule = graph_rule_of(graph, range);

	error_place(graph->error, graph->file, rule->place.line, rule->place.column);
	return error_set(graph->error, E2BIG, EXIT_USAGE,
			 "with the rule '%s' there are more than %d %s", rule->name, limit, what);
}

static int condition_add(struct condition_graph *graph, const struct portsieve_condition *condition,
			 uint16_t range, uint16_t *ret_entry)
{
	size_t number = graph->conditions_count;

	if (number == PORTSIEVE_CONDITIONS_MAX)
		return graph_too_many(
			graph, range, PORTSIEVE_CONDITIONS_MAX,
			"ways in which ports depend on addresses or on the time; give "
			"rules the same ports, or the same lists of prefixes");
	graph->image->condition[number] = *condition;
	graph->conditions_count++;
	*ret_entry = reference_to(number);
	return 0;
}

/* A condition by time, or the one that is there already. */
static int time_condition(struct condition_graph *graph,
			  const struct portsieve_condition *condition, uint16_t range,
			  uint16_t *ret_entry)
{
	uint16_t words[2] = { condition->then, condition->otherwise };
	uint32_t slot = range_list_hash((uint32_t)(condition->until_ns * 2654435761u), words, 2);
	int r;

	for (slot %= SLOTS; graph->time_slots[slot]; slot = (slot + 1) % SLOTS) {
		uint32_t number = graph->time_slots[slot] - 1;

		if (memcmp(&graph->image->condition[number], condition, sizeof(*condition)))
			continue;
		*ret_entry = reference_to(number);
		return 0;
	}
	r = condition_add(graph, condition, range, ret_entry);
	if (!r)
		graph->time_slots[slot] = graph->conditions_count;
	return r;
}

/*
 * The steps by time: of rules in this order, one that ends before an earlier one does is never
 * asked.
 */
static int by_time(struct condition_graph *graph, const struct range_list *list,
		   uint16_t *ret_entry)
{
	uint16_t steps[PORTSIEVE_EXPIRIES_MAX], entry = PORTSIEVE_ENTRY_FALL;
	uint64_t latest_ns = 0;
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint64_t until_ns = graph_rule_of(graph, list->ids[i])->until_ns;

		if (!until_ns) {
			entry = entry_of(graph, list->ids[i]);
			break;
		}
		if (until_ns <= latest_ns)
			continue;
		if (count == PORTSIEVE_EXPIRIES_MAX)
			return graph_too_many(
				graph, list->ids[i], PORTSIEVE_EXPIRIES_MAX,
				"rules about the same ports that end one after the other; "
				"delete some of them");
		latest_ns = until_ns;
		steps[count++] = list->ids[i];
	}
	while (count--) {
		struct portsieve_condition condition = {
			.until_ns = graph_rule_of(graph, steps[count])->until_ns,
			.then = entry_of(graph, steps[count]),
			.otherwise = entry,
			.kind = PORTSIEVE_BY_TIME,
		};
		int r = time_condition(graph, &condition, steps[count], &entry);

		if (r)
			return r;
	}
	*ret_entry = entry;
	return 0;
}

static uint32_t list_of(const struct condition_graph *graph, enum portsieve_direction direction,
			uint16_t range)
{
	return graph->directions[direction].classes.list_of_rule[graph->image->range[range].rule];
}

/* Ends a list with the first range that decides whatever is asked after this direction. */
static void trim(const struct condition_graph *graph, enum portsieve_direction direction,
		 struct range_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct policy_rule *rule = graph_rule_of(graph, list->ids[i]);

		if (!rule->until_ns && (direction == PORTSIEVE_DESTINATION || !rule->to.count))
			list->count = i + 1;
	}
}

static int by_direction(struct condition_graph *graph, enum portsieve_direction direction,
			const struct range_list *list, uint16_t *ret_entry);

/* What is asked after a direction. */
static int by_next(struct condition_graph *graph, enum portsieve_direction direction,
		   struct range_list *left, uint16_t *ret_entry)
{
	trim(graph, direction, left);
	if (direction == PORTSIEVE_SOURCE)
		return by_direction(graph, PORTSIEVE_DESTINATION, left, ret_entry);
	return by_time(graph, left, ret_entry);
}

static int compare_ids(const void *one, const void *other)
{
	return *(const uint16_t *)one - *(const uint16_t *)other;
}

/* Chains the ranges of each list of prefixes; returns how many of the list name none. */
static size_t chain_ranges(struct condition_graph *graph, enum portsieve_direction direction,
			   const struct range_list *list)
{
	struct direction_work *work = &graph->directions[direction];
	size_t any = 0;

	for (size_t i = list->count; i--;) {
		uint16_t range = list->ids[i];
		uint32_t prefixes = list_of(graph, direction, range);

		if (prefixes == ADDRESS_LIST_ANY) {
			any++;
			continue;
		}
		if (work->list_stamp[prefixes] != graph->stamp) {
			work->list_stamp[prefixes] = graph->stamp;
			work->first_range[prefixes] = 0;
		}
		work->next_range[range] = work->first_range[prefixes];
		work->first_range[prefixes] = range;
	}
	return any;
}

/* The ranges of `list` that an address of a class leaves, in work->left. */
static struct range_list ranges_of_class(struct condition_graph *graph,
					 enum portsieve_direction direction,
					 const struct range_list *list, uint32_t class,
					 uint32_t stamp)
{
	struct direction_work *work = &graph->directions[direction];
	struct range_list left = { .ids = work->left };

	for (size_t i = 0; i < list->count; i++)
		if (list_of(graph, direction, list->ids[i]) == ADDRESS_LIST_ANY)
			left.ids[left.count++] = list->ids[i];
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
	qsort(left.ids, left.count, sizeof(*left.ids), compare_ids);
	return left;
}

/* The row of a condition: the entries of the classes that differ from `otherwise`. */
static int row_add(struct condition_graph *graph, enum portsieve_direction direction,
		   const struct range_list *list, uint32_t class, uint32_t stamp,
		   uint16_t otherwise, struct sparse_row *row)
{
	struct range_list left = ranges_of_class(graph, direction, list, class, stamp);
	struct sparse_cell *cells;
	uint16_t entry = 0;
	int r = by_next(graph, direction, &left, &entry);

	if (r || entry == otherwise)
		return r;
	if (++graph->cells_count > PORTSIEVE_CELLS)
		return graph_too_many(
			graph, list->ids[0], PORTSIEVE_CELLS,
			"combinations of ports and addresses; give rules the same ports, or "
			"the same lists of prefixes");
	cells = array_room(row->cells, row->count, sizeof(*cells));
	if (!cells)
		return graph_no_memory(graph);
	row->cells = cells;
	cells[row->count++] = (struct sparse_cell){ .class = class, .entry = entry };
	return 0;
}

static int row_make(struct condition_graph *graph, enum portsieve_direction direction,
		    const struct range_list *list, uint32_t stamp, uint16_t otherwise,
		    struct sparse_row *row)
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
			r = row_add(graph, direction, list, class, stamp, otherwise, row);
			if (r)
				return r;
		}
	}
	return 0;
}

/* A condition by a direction, with its row, which is laid into the cells at the end. */
static int direction_condition(struct condition_graph *graph, enum portsieve_direction direction,
			       const struct range_list *list, uint32_t stamp, uint16_t otherwise,
			       uint16_t *ret_entry)
{
	struct portsieve_condition condition = {
		.otherwise = otherwise,
		.kind = PORTSIEVE_BY_SOURCE + direction,
	};
	struct sparse_row row = { .cells = NULL }, *rows;
	int r = row_make(graph, direction, list, stamp, otherwise, &row);

	if (!r && !row.count) {
		*ret_entry = otherwise;
		return 0;
	}
	if (!r)
		r = condition_add(graph, &condition, list->ids[0], ret_entry);
	rows = r ? NULL : array_room(graph->rows, graph->rows_count, sizeof(*rows));
	if (!rows) {
		free(row.cells);
		return r ? r : graph_no_memory(graph);
	}
	row.condition = graph->conditions_count - 1;
	graph->rows = rows;
	rows[graph->rows_count++] = row;
	return 0;
}

/* Makes the condition of a list by a direction, and of what that leaves by what is asked next. */
static int by_direction(struct condition_graph *graph, enum portsieve_direction direction,
			const struct range_list *list, uint16_t *ret_entry)
{
	struct direction_work *work = &graph->directions[direction];
	enum portsieve_condition_kind kind = PORTSIEVE_BY_SOURCE + direction;
	int known = known_lists_find(&graph->known, kind, list);
	uint32_t stamp = ++graph->stamp;
	struct range_list left = { .ids = work->left };
	uint16_t otherwise = PORTSIEVE_ENTRY_FALL;
	int r;

	if (known >= 0) {
		*ret_entry = known;
		return 0;
	}
	if (chain_ranges(graph, direction, list) == list->count) {
		memcpy(left.ids, list->ids, list->count * sizeof(*list->ids));
		left.count = list->count;
		return by_next(graph, direction, &left, ret_entry);
	}
	left = ranges_of_class(graph, direction, list, 0, stamp);
	r = by_next(graph, direction, &left, &otherwise);
	if (!r)
		r = direction_condition(graph, direction, list, stamp, otherwise, ret_entry);
	if (!r && known_lists_add(&graph->known, kind, list, *ret_entry))
		r = graph_no_memory(graph);
	return r;
}

static int direction_work_make(struct condition_graph *graph, enum portsieve_direction direction)
{
	struct direction_work *work = &graph->directions[direction];
	int r = address_classes_make(graph->policy, direction, graph->file, &work->classes, NULL,
				     graph->error);

	if (r)
		return r;
	work->list_stamp = calloc(work->classes.lists + 1, sizeof(*work->list_stamp));
	work->first_range = calloc(work->classes.lists + 1, sizeof(*work->first_range));
	work->class_stamp = calloc(work->classes.count, sizeof(*work->class_stamp));
	work->next_range = calloc(NUMBERS, sizeof(*work->next_range));
	work->left = calloc(NUMBERS, sizeof(*work->left));
	if (!work->list_stamp || !work->first_range || !work->class_stamp || !work->next_range ||
	    !work->left)
		return graph_no_memory(graph);
	return 0;
}

int condition_graph_init(struct condition_graph *graph)
{
	int r = 0;

	graph->time_slots = calloc(SLOTS, sizeof(*graph->time_slots));
	if (!graph->time_slots || known_lists_init(&graph->known))
		return graph_no_memory(graph);
	for (int direction = 0; !r && direction < PORTSIEVE_DIRECTIONS; direction++)
		r = direction_work_make(graph, direction);
	return r;
}

void condition_graph_free(struct condition_graph *graph)
{
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		struct direction_work *work = &graph->directions[direction];

		address_classes_free(&work->classes);
		free(work->list_stamp);
		free(work->first_range);
		free(work->class_stamp);
		free(work->next_range);
		free(work->left);
	}
	for (size_t i = 0; i < graph->rows_count; i++)
		free(graph->rows[i].cells);
	free(graph->rows);
	known_lists_free(&graph->known);
	free(graph->time_slots);
}

int condition_graph_enter(struct condition_graph *graph, const struct range_list *list,
			  uint16_t *ret_entry)
{
	return by_direction(graph, PORTSIEVE_SOURCE, list, ret_entry);
}

int condition_graph_finish(struct condition_graph *graph)
{
	int r = sparse_table_lay(graph->rows, graph->rows_count, graph->image);

	if (r == -E2BIG)
		return error_set(
			graph->error, E2BIG, EXIT_USAGE,
			"the ports and addresses of the rules combine in more ways than "
			"one policy can hold; give rules the same ports, or the same lists "
			"of prefixes");
	return r ? graph_no_memory(graph) : 0;
}

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
#include "condition_row.h"

enum {
	SLOTS = 1 << 16,
	ENTRIES = UINT16_MAX + 1,
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
	*ret_entry = reference_to((uint32_t)number);
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
		*ret_entry = reference_to((uint32_t)number);
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

int condition_graph_next(struct condition_graph *graph, enum portsieve_direction direction,
			 struct range_list *left, uint16_t *ret_entry)
{
	trim(graph, direction, left);
	if (direction == PORTSIEVE_SOURCE)
		return by_direction(graph, PORTSIEVE_DESTINATION, left, ret_entry);
	return by_time(graph, left, ret_entry);
}

/* A condition by a direction, with its row, which is laid into the cells at the end. */
static int direction_condition(struct condition_graph *graph, enum portsieve_direction direction,
			       const struct range_list *list, uint32_t stamp, uint16_t otherwise,
			       uint16_t *ret_entry)
{
	struct portsieve_condition condition = { .kind = PORTSIEVE_BY_SOURCE + direction };
	struct sparse_row row = { .cells = NULL }, *rows;
	int r = condition_row_make(graph, direction, list, stamp, &otherwise, &row);

	if (!r && !row.count) {
		free(row.cells);
		*ret_entry = otherwise;
		return 0;
	}
	condition.otherwise = otherwise;
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
	if (condition_row_begin(graph, direction, list) == list->count) {
		memcpy(left.ids, list->ids, list->count * sizeof(*list->ids));
		left.count = list->count;
		return condition_graph_next(graph, direction, &left, ret_entry);
	}
	left = condition_row_ranges(graph, direction, 0, stamp);
	r = condition_graph_next(graph, direction, &left, &otherwise);
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
	work->next_range = calloc(RANGE_NUMBERS, sizeof(*work->next_range));
	work->left = calloc(RANGE_NUMBERS, sizeof(*work->left));
	work->any = calloc(RANGE_NUMBERS, sizeof(*work->any));
	if (!work->list_stamp || !work->first_range || !work->class_stamp || !work->next_range ||
	    !work->left || !work->any)
		return graph_no_memory(graph);
	return 0;
}

int condition_graph_init(struct condition_graph *graph)
{
	int r = 0;

	graph->time_slots = calloc(SLOTS, sizeof(*graph->time_slots));
	graph->times = calloc(ENTRIES, sizeof(*graph->times));
	if (!graph->time_slots || !graph->times || known_lists_init(&graph->known))
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
		free(work->any);
	}
	for (size_t i = 0; i < graph->rows_count; i++)
		free(graph->rows[i].cells);
	free(graph->rows);
	known_lists_free(&graph->known);
	free(graph->time_slots);
	free(graph->times);
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

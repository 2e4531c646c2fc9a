/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list becomes a condition by source. The ranges that a class of sources leaves become a
 * condition by destination, and the ranges that a class of destinations leaves become steps by
 * time.
 */
#include "compile/condition_graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "compile/condition_row.h"

static uint16_t entry_of(const struct condition_state *state, uint16_t range)
{
	return state->image->range[range].drop ? range | PORTSIEVE_ENTRY_DROP : range;
}

static int condition_add(struct condition_state *state, const struct portsieve_condition *condition,
			 uint16_t range, uint16_t *ret_entry)
{
	size_t number = state->conditions_count;

	if (number == PORTSIEVE_CONDITIONS_MAX)
		return condition_too_many(
			state, range, PORTSIEVE_CONDITIONS_MAX,
			"ways in which ports depend on addresses or on the time; give "
			"rules the same ports, or the same lists of prefixes");
	state->image->condition[number] = *condition;
	state->conditions_count++;
	*ret_entry = reference_to((uint32_t)number);
	return 0;
}

/* Adds a condition by time, or finds an equal one. */
static int time_condition(struct condition_state *state,
			  const struct portsieve_condition *condition, uint16_t range,
			  uint16_t *ret_entry)
{
	uint16_t words[2] = { condition->then, condition->otherwise };
	uint32_t slot = range_list_hash((uint32_t)(condition->until_ns * 2654435761u), words, 2);
	int r;

	for (slot %= CONDITION_TIME_SLOTS; state->time_slots[slot];
	     slot = (slot + 1) % CONDITION_TIME_SLOTS) {
		uint32_t number = state->time_slots[slot] - 1;

		if (memcmp(&state->image->condition[number], condition, sizeof(*condition)))
			continue;
		*ret_entry = reference_to((uint32_t)number);
		return 0;
	}
	r = condition_add(state, condition, range, ret_entry);
	if (r)
		return r;
	state->time_slots[slot] = state->conditions_count;
	return 0;
}

/*
 * Makes the steps by time. A rule that ends no later than a rule before it never decides: skip it.
 */
static int by_time(struct condition_state *state, const struct range_list *list,
		   uint16_t *ret_entry)
{
	uint16_t steps[PORTSIEVE_EXPIRIES_MAX], entry = PORTSIEVE_ENTRY_FALL;
	uint64_t latest_ns = 0;
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint64_t until_ns = condition_rule_of(state, list->ids[i])->until_ns;

		if (!until_ns) {
			entry = entry_of(state, list->ids[i]);
			break;
		}
		if (until_ns <= latest_ns)
			continue;
		if (count == PORTSIEVE_EXPIRIES_MAX)
			return condition_too_many(
				state, list->ids[i], PORTSIEVE_EXPIRIES_MAX,
				"rules about the same ports that end one after the other; "
				"delete some of them");
		latest_ns = until_ns;
		steps[count++] = list->ids[i];
	}
	while (count--) {
		struct portsieve_condition condition = {
			.until_ns = condition_rule_of(state, steps[count])->until_ns,
			.then = entry_of(state, steps[count]),
			.otherwise = entry,
			.kind = PORTSIEVE_BY_TIME,
		};
		int r = time_condition(state, &condition, steps[count], &entry);

		if (r)
			return r;
	}
	*ret_entry = entry;
	return 0;
}

/* Cuts the list after the first range that nothing asked after this direction can rule out. */
static void trim(const struct condition_state *state, enum portsieve_direction direction,
		 struct range_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct policy_rule *rule = condition_rule_of(state, list->ids[i]);

		if (!rule->until_ns && (direction == PORTSIEVE_DESTINATION || !rule->to.count))
			list->count = i + 1;
	}
}

static int by_direction(struct condition_state *state, enum portsieve_direction direction,
			const struct range_list *list, uint16_t *ret_entry);

/* A condition_rest_fn: the destination follows the source, the time follows the destination. */
static int rest(struct condition_state *state, enum portsieve_direction direction,
		struct range_list *left, uint16_t *ret_entry)
{
	trim(state, direction, left);
	if (direction == PORTSIEVE_SOURCE)
		return by_direction(state, PORTSIEVE_DESTINATION, left, ret_entry);
	return by_time(state, left, ret_entry);
}

/* Adds the condition of a row and moves the row's cells to the state. */
static int direction_condition(struct condition_state *state, struct condition_row *row,
			       uint16_t *ret_entry)
{
	struct portsieve_condition condition = {
		.kind = PORTSIEVE_BY_SOURCE + row->direction,
		.otherwise = row->otherwise,
	};
	struct sparse_row *rows;
	int r = condition_add(state, &condition, row->list->ids[0], ret_entry);

	if (r)
		return r;
	rows = array_room(state->rows, state->rows_count, sizeof(*rows));
	if (!rows)
		return condition_no_memory(state);
	state->rows = rows;
	row->cells.condition = state->conditions_count - 1;
	rows[state->rows_count++] = row->cells;
	row->cells = (struct sparse_row){ .cells = NULL };
	return 0;
}

/* Makes the condition of a list by a direction, and the conditions that its row refers to. */
static int by_direction(struct condition_state *state, enum portsieve_direction direction,
			const struct range_list *list, uint16_t *ret_entry)
{
	enum portsieve_condition_kind kind = PORTSIEVE_BY_SOURCE + direction;
	_cleanup_condition_row_ struct condition_row row = {
		.state = state,
		.direction = direction,
		.list = list,
		.rest = rest,
	};
	int known = known_lists_find(&state->known, kind, list);
	int r;

	if (known >= 0) {
		*ret_entry = known;
		return 0;
	}
	if (!condition_row_begin(&row)) {
		struct range_list all = *list;

		return rest(state, direction, &all, ret_entry);
	}
	r = condition_row_make(&row);
	if (r)
		return r;
	*ret_entry = row.otherwise;
	if (row.cells.count)
		r = direction_condition(state, &row, ret_entry);
	if (r)
		return r;
	if (known_lists_add(&state->known, kind, list, *ret_entry))
		return condition_no_memory(state);
	return 0;
}

int condition_graph_enter(struct condition_state *state, const struct range_list *list,
			  uint16_t *ret_entry)
{
	return by_direction(state, PORTSIEVE_SOURCE, list, ret_entry);
}

int condition_graph_finish(struct condition_state *state)
{
	int r = sparse_table_lay(state->rows, state->rows_count, state->image);

	if (r == -E2BIG)
		return error_set(
			state->error, E2BIG, EXIT_USAGE,
			"the ports and addresses of the rules combine in more ways than "
			"one policy can hold; give rules the same ports, or the same lists "
			"of prefixes");
	if (r)
		return condition_no_memory(state);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocates and frees the state; words the errors about a rule. */
#include "compile/condition_state.h"

#include <errno.h>
#include <stdlib.h>

enum { ENTRIES = UINT16_MAX + 1 };

int condition_no_memory(const struct condition_state *state)
{
	return error_no_memory(state->error);
}

const struct policy_rule *condition_rule_of(const struct condition_state *state, uint16_t range)
{
	return &state->policy->rules[state->image->range[range].rule];
}

int condition_too_many(const struct condition_state *state, uint16_t range, int limit,
		       const char *what)
{
	const struct policy_rule *rule = condition_rule_of(state, range);

	error_place(state->error, state->file, rule->place.line, rule->place.column);
	return error_set(state->error, E2BIG, EXIT_USAGE,
			 "with the rule '%s' there are more than %d %s", rule->name, limit, what);
}

static int direction_work_make(struct condition_state *state, enum portsieve_direction direction)
{
	struct direction_work *work = &state->directions[direction];
	int r = address_classes_make(state->policy, direction, state->file, &work->classes, NULL,
				     state->error);

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
		return condition_no_memory(state);
	return 0;
}

int condition_state_init(struct condition_state *state)
{
	state->time_slots = calloc(CONDITION_TIME_SLOTS, sizeof(*state->time_slots));
	state->times = calloc(ENTRIES, sizeof(*state->times));
	if (!state->time_slots || !state->times || known_lists_init(&state->known))
		return condition_no_memory(state);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		int r = direction_work_make(state, direction);

		if (r)
			return r;
	}
	return 0;
}

void condition_state_free(struct condition_state *state)
{
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		struct direction_work *work = &state->directions[direction];

		address_classes_free(&work->classes);
		free(work->list_stamp);
		free(work->first_range);
		free(work->class_stamp);
		free(work->next_range);
		free(work->left);
		free(work->any);
	}
	for (size_t i = 0; i < state->rows_count; i++)
		free(state->rows[i].cells);
	free(state->rows);
	known_lists_free(&state->known);
	free(state->time_slots);
	free(state->times);
}

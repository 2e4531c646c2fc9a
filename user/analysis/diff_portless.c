/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets without a port: the rules without ports decide, and then their knob. Knobs that do the
 * same before and after are compared at once.
 */
#include <errno.h>
#include <stdlib.h>

#include "analysis/diff_parts.h"
#include "base/array.h"
#include "base/cleanup.h"

/* The last decider is one of the knobs. */
static struct policy_decider knob_decider(const struct comparison *comparison, int side,
					  uint32_t knobs)
{
	return (struct policy_decider){
		.knob = true,
		.drop = comparison->sides[side]->drop_knobs & knobs,
		.monitored = comparison->policies[side]->monitor ||
			     comparison->sides[side]->monitor_knobs & knobs,
	};
}

static bool are_alike(const struct comparison *comparison, uint32_t one, uint32_t other)
{
	bool alike = !(one & PORTSIEVE_UNLIFTED_KNOBS) == !(other & PORTSIEVE_UNLIFTED_KNOBS);

	for (int side = BEFORE; side < SIDES && alike; side++) {
		const struct policy_diff_side *knobs = comparison->sides[side];

		alike = !(knobs->drop_knobs & one) == !(knobs->drop_knobs & other) &&
			!(knobs->monitor_knobs & one) == !(knobs->monitor_knobs & other);
	}
	return alike;
}

/* The rules without ports that are tried before the knobs. The caller frees `numbers`. */
static int contenders_find(const struct comparison *comparison, int side, uint32_t knobs,
			   struct contenders *contenders)
{
	const struct policy *policy = comparison->policies[side];
	uint32_t *numbers = calloc(policy->rules_count + 1, sizeof(*numbers));

	*contenders = (struct contenders){
		.numbers = numbers,
		.otherwise = knob_decider(comparison, side, knobs),
	};
	if (!numbers)
		return -ENOMEM;
	for (uint32_t i = 0; i < policy->rules_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (policy_rule_is_portless(rule) &&
		    (rule->action == POLICY_DROP || !(knobs & PORTSIEVE_UNLIFTED_KNOBS)))
			numbers[contenders->count++] = 2 * i;
	}
	return 0;
}

/*
 * Joins the changes that differ in their knobs alone. Leaves out what the knobs alone change, which
 * is a change of settings.
 */
static int append(struct policy_diff_changes *changes, const struct policy_diff_changes *found)
{
	struct policy_diff_change *last = NULL;

	if (found->count)
		qsort(found->list, found->count, sizeof(*found->list), policy_diff_compare_what);
	for (size_t i = 0; i < found->count; i++) {
		const struct policy_diff_change *change = &found->list[i];
		struct policy_diff_change *list;

		if (change->before.knob && change->after.knob)
			continue;
		if (last && !policy_diff_compare_what(last, change)) {
			last->knobs |= change->knobs;
			continue;
		}
		list = array_room(changes->list, changes->count, sizeof(*list));
		if (!list)
			return -ENOMEM;
		changes->list = list;
		last = &list[changes->count++];
		*last = *change;
	}
	return 0;
}

static int compare(struct comparison *comparison, uint32_t knobs, struct policy_diff_changes *found)
{
	struct segment segment = { .transport = PORTSIEVE_ANY, .knobs = knobs };
	int r = 0;

	for (int side = BEFORE; side < SIDES && !r; side++)
		r = contenders_find(comparison, side, knobs, &segment.sides[side]);
	if (!r && (segment.sides[BEFORE].count || segment.sides[AFTER].count))
		r = policy_diff_segment(comparison, &segment, found);
	for (int side = BEFORE; side < SIDES; side++)
		free((void *)segment.sides[side].numbers);
	return r;
}

int policy_diff_portless(struct comparison *comparison, struct policy_diff_changes *changes)
{
	struct policy_diff_changes found = { 0 };
	uint32_t left = PORTSIEVE_RULED_KNOBS;
	int r = 0;

	while (left && !r) {
		uint32_t first = left & -left, alike = 0;

		for (int knob = 0; knob < PORTSIEVE_KNOBS; knob++)
			if (left >> knob & 1 && are_alike(comparison, first, 1u << knob))
				alike |= 1u << knob;
		left &= ~alike;
		r = compare(comparison, alike, &found);
	}
	if (!r)
		r = append(changes, &found);
	free(found.list);
	return r;
}

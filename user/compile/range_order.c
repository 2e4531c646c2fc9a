/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ordering range ids by kind, and walking them by rule. */
#include "compile/range_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* In the order of their ids. */
enum range_kind {
	KIND_PLAIN, /* allowed, or dropped unless it is a reply */
	KIND_FINAL,
	KIND_FINAL_MONITORED,
	KIND_MONITORED,
};

static enum range_kind kind_of(const struct policy_rule *rule)
{
	bool is_final = rule->action == POLICY_DROP && !policy_rule_asks(rule);

	if (rule->monitor)
		return is_final ? KIND_FINAL_MONITORED : KIND_MONITORED;
	return is_final ? KIND_FINAL : KIND_PLAIN;
}

static void entries_renumber(uint16_t *entries, size_t count, const uint16_t *new_ids)
{
	for (size_t i = 0; i < count; i++)
		if (!is_reference(entries[i]))
			entries[i] = new_ids[entries[i] & PORTSIEVE_ENTRY_RANGE] |
				     (entries[i] & PORTSIEVE_ENTRY_DROP);
}

/* Everything in an image that names a range. */
static void image_renumber(struct portsieve_image *image, const uint16_t *new_ids)
{
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++)
		entries_renumber(image->port[transport], PORTSIEVE_PORTS, new_ids);
	entries_renumber(image->portless, PORTSIEVE_PORTLESS, new_ids);
	for (size_t i = 0; i < ARRAY_SIZE(image->port_class); i++) {
		entries_renumber(&image->port_class[i].condition, 1, new_ids);
		entries_renumber(&image->port_class[i].otherwise, 1, new_ids);
	}
	for (size_t i = 0; i < ARRAY_SIZE(image->condition); i++) {
		entries_renumber(&image->condition[i].then, 1, new_ids);
		entries_renumber(&image->condition[i].otherwise, 1, new_ids);
	}
	for (size_t i = 0; i < ARRAY_SIZE(image->cell); i++)
		entries_renumber(&image->cell[i].entry, 1, new_ids);
}

int ranges_order(const struct policy *policy, struct portsieve_image *image)
{
	_cleanup_free_ struct portsieve_range *ranges = calloc(PORTSIEVE_RANGES, sizeof(*ranges));
	_cleanup_free_ uint16_t *new_ids = calloc(PORTSIEVE_RANGES, sizeof(*new_ids));
	uint16_t next = PORTSIEVE_RANGE_RULES, ends[RANGE_KINDS];
	bool moved = false;

	if (!ranges || !new_ids)
		return -ENOMEM;
	for (uint16_t id = 0; id < PORTSIEVE_RANGE_RULES; id++)
		new_ids[id] = id;
	for (int kind = 0; kind < RANGE_KINDS; kind++) {
		for (uint16_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
			const struct portsieve_range *range = &image->range[id];

			if ((int)kind_of(&policy->rules[range->rule]) != kind)
				continue;
			moved |= next != id;
			ranges[next] = *range;
			new_ids[id] = next++;
		}
		ends[kind] = next;
	}
	image->enforced.first = policy->default_monitor ? PORTSIEVE_RANGE_RULES : 0;
	image->enforced.count = ends[KIND_FINAL] - image->enforced.first;
	image->final.first = ends[KIND_PLAIN];
	image->final.count = ends[KIND_FINAL_MONITORED] - ends[KIND_PLAIN];
	if (!moved)
		return 0;
	memcpy(&image->range[PORTSIEVE_RANGE_RULES], &ranges[PORTSIEVE_RANGE_RULES],
	       (image->ranges - PORTSIEVE_RANGE_RULES) * sizeof(*ranges));
	image_renumber(image, new_ids);
	return 0;
}

struct rules_walk rules_walk_begin(const struct portsieve_image *image)
{
	struct rules_walk walk = { .image = image };
	uint32_t ends[RANGE_KINDS] = {
		image->final.first,
		image->enforced.first + image->enforced.count,
		image->final.first + image->final.count,
		image->ranges,
	};
	uint32_t begin = PORTSIEVE_RANGE_RULES;

	for (int kind = 0; kind < RANGE_KINDS; kind++) {
		walk.at[kind] = begin;
		if (ends[kind] > begin)
			begin = ends[kind] < image->ranges ? ends[kind] : image->ranges;
		walk.end[kind] = begin;
	}
	return walk;
}

bool rules_walk_next(struct rules_walk *walk, struct rule_ranges *ret_ranges)
{
	const struct portsieve_range *range = walk->image->range;
	int next = -1;

	for (int kind = 0; kind < RANGE_KINDS; kind++)
		if (walk->at[kind] < walk->end[kind] &&
		    (next < 0 || range[walk->at[kind]].rule < range[walk->at[next]].rule))
			next = kind;
	if (next < 0)
		return false;
	*ret_ranges =
		(struct rule_ranges){ .rule = range[walk->at[next]].rule, .first = walk->at[next] };
	while (walk->at[next] < walk->end[next] && range[walk->at[next]].rule == ret_ranges->rule)
		walk->at[next]++;
	ret_ranges->end = walk->at[next];
	return true;
}

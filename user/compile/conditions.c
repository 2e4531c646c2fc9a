/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the stretches of ports with the same conditional ranges. For each stretch: lists these
 * ranges in rule order, up to the first unconditional range, and makes the list's condition. The
 * condition and the unconditional range form a port class, and the ports then refer to it.
 */
#include "compile/conditions.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/condition_graph.h"

enum { SLOTS = 1 << 16 };

struct painting {
	struct condition_state state;
	uint16_t *port_class_slots; /* number + 1 by hash; 0: free */
	size_t port_classes_count;
};

bool rule_is_conditional(const struct policy_rule *rule)
{
	return rule->from.count || rule->to.count || rule->until_ns;
}

/* Finds or adds the port class of a condition and of the entry if the condition does not decide. */
static int port_class_entry(struct painting *painting, uint16_t condition, uint16_t otherwise,
			    uint16_t range, uint16_t *ret_entry)
{
	struct portsieve_port_class *classes = painting->state.image->port_class;
	uint16_t words[2] = { condition, otherwise };
	uint32_t slot = range_list_hash(0, words, 2) % SLOTS;
	uint16_t *slots = painting->port_class_slots;

	for (; slots[slot]; slot = (slot + 1) % SLOTS) {
		const struct portsieve_port_class *other = &classes[slots[slot] - 1];

		if (other->condition == condition && other->otherwise == otherwise) {
			*ret_entry = reference_to(slots[slot] - 1);
			return 0;
		}
	}
	if (painting->port_classes_count == PORTSIEVE_PORT_CLASSES_MAX)
		return condition_too_many(
			&painting->state, range, PORTSIEVE_PORT_CLASSES_MAX,
			"kinds of ports that depend on addresses or on the time; name fewer "
			"port ranges");
	classes[painting->port_classes_count] = (struct portsieve_port_class){
		.condition = condition,
		.otherwise = otherwise,
	};
	*ret_entry = reference_to((uint32_t)painting->port_classes_count);
	slots[slot] = ++painting->port_classes_count;
	return 0;
}

/* The entry of a port: the active ranges before `otherwise` decide first, then `otherwise`. */
static int port_entry(struct painting *painting, const struct range_list *active,
		      uint16_t otherwise, uint16_t *ret_entry)
{
	uint16_t decider = otherwise & PORTSIEVE_ENTRY_RANGE, condition;
	struct range_list list = { .ids = active->ids };
	int r;

	while (list.count < active->count &&
	       (decider < PORTSIEVE_RANGE_RULES || active->ids[list.count] < decider))
		list.count++;
	*ret_entry = otherwise;
	if (!list.count)
		return 0;
	r = condition_graph_enter(&painting->state, &list, &condition);
	if (r || condition == PORTSIEVE_ENTRY_FALL)
		return r;
	return port_class_entry(painting, condition, otherwise, list.ids[0], ret_entry);
}

/* Sets the entries of the ports low..high, which share their active conditional ranges. */
static int stretch_enter(struct painting *painting, const struct range_list *active,
			 uint16_t *table, uint32_t low, uint32_t high)
{
	uint16_t before = 0, entry = 0;

	for (uint32_t port = low; port <= high; port++) {
		int r;

		if (port == low || table[port] != before) {
			before = table[port];
			r = port_entry(painting, active, before, &entry);
			if (r)
				return r;
		}
		table[port] = entry;
	}
	return 0;
}

/* The first port of a conditional range, or the port after its last. */
struct border {
	uint32_t port;
	uint16_t range;
	bool ends;
};

static int compare_borders(const void *one, const void *other)
{
	const struct border *a = one, *b = other;

	return (a->port > b->port) - (a->port < b->port);
}

static size_t find_borders(const struct painting *painting, enum portsieve_transport transport,
			   struct border *borders)
{
	const struct portsieve_image *image = painting->state.image;
	size_t count = 0;

	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
		const struct portsieve_range *range = &image->range[id];

		if (range->transport != transport ||
		    !rule_is_conditional(condition_rule_of(&painting->state, id)))
			continue;
		borders[count++] = (struct border){ .port = range->low, .range = id };
		borders[count++] =
			(struct border){ .port = range->high + 1u, .range = id, .ends = true };
	}
	qsort(borders, count, sizeof(*borders), compare_borders);
	return count;
}

/* Adds the range to the active ones, which stay sorted, or removes it. */
static void border_cross(struct range_list *active, const struct border *border)
{
	size_t at = 0;

	while (at < active->count && active->ids[at] < border->range)
		at++;
	if (border->ends) {
		active->count--;
		memmove(active->ids + at, active->ids + at + 1,
			(active->count - at) * sizeof(*active->ids));
	} else {
		memmove(active->ids + at + 1, active->ids + at,
			(active->count - at) * sizeof(*active->ids));
		active->ids[at] = border->range;
		active->count++;
	}
}

static int transport_compile(struct painting *painting, enum portsieve_transport transport,
			     struct border *borders, struct range_list *active)
{
	size_t count = find_borders(painting, transport, borders);

	for (size_t i = 0; i < count;) {
		uint32_t low = borders[i].port;
		int r;

		for (; i < count && borders[i].port == low; i++)
			border_cross(active, &borders[i]);
		if (!active->count)
			continue;
		r = stretch_enter(painting, active, painting->state.image->port[transport], low,
				  borders[i].port - 1);
		if (r)
			return r;
	}
	return 0;
}

static int all_transports(struct painting *painting)
{
	_cleanup_free_ struct border *borders = calloc(2 * PORTSIEVE_RANGES, sizeof(*borders));
	_cleanup_free_ uint16_t *ids = calloc(PORTSIEVE_RANGES + 1, sizeof(*ids));
	struct range_list active = { .ids = ids };

	if (!borders || !ids)
		return condition_no_memory(&painting->state);
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++) {
		int r = transport_compile(painting, transport, borders, &active);

		if (r)
			return r;
	}
	return 0;
}

/* The flags of the address families that the rules name. */
static uint32_t families_of(const struct policy *policy)
{
	static const uint32_t flags[] = {
		[POLICY_IPV4] = PORTSIEVE_IMAGE_PREFIXES4,
		[POLICY_IPV6] = PORTSIEVE_IMAGE_PREFIXES6,
	};
	uint32_t found = 0;

	for (size_t rule = 0; rule < policy->rules_count; rule++) {
		const struct policy_prefixes *from = &policy->rules[rule].from;
		const struct policy_prefixes *to = &policy->rules[rule].to;

		for (size_t i = 0; i < from->count; i++)
			found |= flags[from->list[i].family];
		for (size_t i = 0; i < to->count; i++)
			found |= flags[to->list[i].family];
	}
	return found;
}

static bool has_conditional(const struct policy *policy)
{
	for (size_t rule = 0; rule < policy->rules_count; rule++)
		if (rule_is_conditional(&policy->rules[rule]))
			return true;
	return false;
}

static void painting_free(struct painting *painting)
{
	condition_state_free(&painting->state);
	free(painting->port_class_slots);
}

int conditions_compile(const struct policy *policy, const char *file, struct portsieve_image *image,
		       struct error *error)
{
	__attribute__((cleanup(painting_free))) struct painting painting = {
		.state = { .policy = policy, .file = file, .image = image, .error = error },
	};
	int r;

	if (!has_conditional(policy))
		return 0;
	painting.port_class_slots = calloc(SLOTS, sizeof(*painting.port_class_slots));
	if (!painting.port_class_slots)
		return condition_no_memory(&painting.state);
	r = condition_state_init(&painting.state);
	if (r)
		return r;
	r = all_transports(&painting);
	if (r)
		return r;
	r = condition_graph_finish(&painting.state);
	if (r)
		return r;
	image->flags |= families_of(policy);
	return 0;
}

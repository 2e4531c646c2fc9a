/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the stretches of ports with the same conditional ranges. For each stretch: lists these
 * ranges in rule order, up to the first unconditional range, and makes the list's condition. The
 * condition and the unconditional range form a port class, and the ports then refer to it.
 *
 * A monitored range never changes the verdict. The first one that matches before a range that
 * allows the packet counts it; before a range that drops the packet, monitored ranges have no
 * effect.
 */
#include "compile/conditions.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/condition_graph.h"

struct painting {
	struct condition_graph graph;
	struct hash_index port_class_index;
	size_t port_classes_count;
	uint16_t *kept; /* ids of a list, while making an entry */
};

bool rule_is_conditional(const struct policy_rule *rule)
{
	return !policy_prefixes_any(&rule->from) || !policy_prefixes_any(&rule->to) ||
	       rule->until_ns || rule->monitor || policy_rule_is_portless(rule);
}

/* Does the rule match every packet to its ports, at any time? */
static bool matches_all(const struct policy_rule *rule)
{
	return policy_rule_takes_any(rule, PORTSIEVE_SOURCE) &&
	       policy_rule_takes_any(rule, PORTSIEVE_DESTINATION) && !rule->until_ns;
}

/* Is the packet dropped if no conditional range decides? */
static bool otherwise_drops(const struct painting *painting, uint16_t otherwise)
{
	bool by_default = (otherwise & PORTSIEVE_ENTRY_RANGE) < PORTSIEVE_RANGE_RULES;

	return otherwise & PORTSIEVE_ENTRY_DROP &&
	       !(by_default && painting->graph.policy->default_monitor);
}

/*
 * Copies a list without monitored ranges that have no effect: those after one that matches all, and
 * those followed only by drops. Returns whether any range is left.
 */
static bool leave_out_idle(struct painting *painting, struct range_list *list, bool drops_otherwise)
{
	size_t last_allow = 0, kept = 0; /* index after the last allowing range */
	bool matched_all = false, any = false;

	for (size_t i = 0; i < list->count; i++)
		if (!(condition_entry_of(&painting->graph, list->ids[i]) & PORTSIEVE_ENTRY_DROP))
			last_allow = i + 1;
	for (size_t i = 0; i < list->count; i++) {
		const struct policy_rule *rule = condition_rule_of(&painting->graph, list->ids[i]);

		if (rule->monitor && (matched_all || (drops_otherwise && i >= last_allow)))
			continue;
		painting->kept[kept++] = list->ids[i];
		any |= rule->monitor;
		matched_all |= rule->monitor && matches_all(rule);
	}
	*list = (struct range_list){ painting->kept, kept };
	return any;
}

struct port_class_key {
	const struct portsieve_port_class *all;
	struct portsieve_port_class wanted;
};

static bool is_port_class(uint32_t number, const void *key)
{
	const struct port_class_key *class = key;

	return class->all[number].condition == class->wanted.condition &&
	       class->all[number].otherwise == class->wanted.otherwise;
}

/* Finds or adds the port class of a condition and the entry for when it does not decide. */
static int port_class_entry(struct painting *painting, struct portsieve_port_class wanted,
			    uint16_t *ret_entry)
{
	struct portsieve_port_class *classes = painting->graph.image->port_class;
	uint32_t *slot =
		hash_index_find(&painting->port_class_index, hash_bytes(0, &wanted, sizeof(wanted)),
				is_port_class, &(struct port_class_key){ classes, wanted });

	if (!*slot) {
		if (painting->port_classes_count == PORTSIEVE_PORT_CLASSES_MAX)
			return condition_too_many(
				&painting->graph, PORTSIEVE_PORT_CLASSES_MAX,
				"kinds of ports that depend on addresses or on the time; name "
				"fewer port ranges");
		classes[painting->port_classes_count] = wanted;
		*slot = ++painting->port_classes_count;
	}
	*ret_entry = reference_to(*slot - 1);
	return 0;
}

/* The entry of a port: active ranges before `otherwise` decide first, then `otherwise`. */
static int port_entry(struct painting *painting, const struct range_list *active,
		      uint16_t otherwise, uint16_t *ret_entry)
{
	uint16_t decider = otherwise & PORTSIEVE_ENTRY_RANGE, condition;
	struct range_list list = { .ids = active->ids };
	bool drops_otherwise = otherwise_drops(painting, otherwise);
	int r;

	while (list.count < active->count &&
	       (decider < PORTSIEVE_RANGE_RULES ||
		(active->ids[list.count] & PORTSIEVE_ENTRY_RANGE) < decider))
		list.count++;
	*ret_entry = otherwise;
	/* matters only to lists with monitored ranges, so that the others can be shared */
	painting->graph.drops_otherwise =
		leave_out_idle(painting, &list, drops_otherwise) && drops_otherwise;
	if (!list.count)
		return 0;
	r = condition_graph_enter(&painting->graph, &list, &condition);
	if (r || condition == PORTSIEVE_ENTRY_FALL)
		return r;
	if (!is_reference(condition)) {
		*ret_entry = condition;
		return 0;
	}
	return port_class_entry(painting, (struct portsieve_port_class){ condition, otherwise },
				ret_entry);
}

/* Sets the entries of ports low..high, which have the same active conditional ranges. */
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
	const struct portsieve_image *image = painting->graph.image;
	size_t count = 0;

	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
		const struct portsieve_range *range = &image->range[id];

		if ((range->transport != transport && range->transport != PORTSIEVE_ANY) ||
		    !rule_is_conditional(condition_rule_of(&painting->graph, id)))
			continue;
		borders[count++] = (struct border){ .port = range->low, .range = id };
		borders[count++] =
			(struct border){ .port = range->high + 1u, .range = id, .ends = true };
	}
	qsort(borders, count, sizeof(*borders), compare_borders);
	return count;
}

/* Adds the range to the sorted active ones, or removes it; with `only_from`, both halves. */
static void border_cross(const struct painting *painting, struct range_list *active,
			 const struct border *border)
{
	const struct policy_rule *rule = condition_rule_of(&painting->graph, border->range);
	size_t at = 0, halves = rule->only_from ? 2 : 1;
	uint16_t *ids = active->ids;

	while (at < active->count && (ids[at] & PORTSIEVE_ENTRY_RANGE) < border->range)
		at++;
	if (border->ends) {
		active->count -= halves;
		memmove(ids + at, ids + at + halves, (active->count - at) * sizeof(*ids));
		return;
	}
	memmove(ids + at + halves, ids + at, (active->count - at) * sizeof(*ids));
	ids[at] = border->range;
	if (rule->only_from)
		ids[at + 1] = border->range | PORTSIEVE_ENTRY_DROP;
	active->count += halves;
}

static int transport_compile(struct painting *painting, enum portsieve_transport transport,
			     struct border *borders, struct range_list *active)
{
	size_t count = find_borders(painting, transport, borders);

	for (size_t i = 0; i < count;) {
		uint32_t low = borders[i].port;
		int r;

		for (; i < count && borders[i].port == low; i++)
			border_cross(painting, active, &borders[i]);
		if (!active->count)
			continue;
		r = stretch_enter(painting, active, painting->graph.image->port[transport], low,
				  borders[i].port - 1);
		if (r)
			return r;
	}
	return 0;
}

/*
 * Makes the entries for packets without a port: the same lists, but of rules without ports only. An
 * allow rule is left out where it may not lift the knob.
 */
static int portless_compile(struct painting *painting, struct range_list *all)
{
	const struct portsieve_image *image = painting->graph.image;

	for (unsigned int rules = 0; rules < PORTSIEVE_PORTLESS; rules++) {
		bool drops_otherwise = rules & PORTSIEVE_PORTLESS_DROPPED;
		struct range_list list = { .ids = all->ids };
		uint16_t condition;
		int r;

		for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++)
			if (image->range[id].transport == PORTSIEVE_ANY &&
			    (image->range[id].drop || !(rules & PORTSIEVE_PORTLESS_STRICT)))
				list.ids[list.count++] = id;
		painting->graph.drops_otherwise =
			leave_out_idle(painting, &list, drops_otherwise) && drops_otherwise;
		if (!list.count)
			continue;
		r = condition_graph_enter(&painting->graph, &list, &condition);
		if (!r && condition != PORTSIEVE_ENTRY_FALL)
			r = port_class_entry(
				painting,
				(struct portsieve_port_class){ condition, PORTSIEVE_ENTRY_FALL },
				&painting->graph.image->portless[rules]);
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

static void painting_free(struct painting *painting)
{
	condition_graph_free(&painting->graph);
	hash_index_free(&painting->port_class_index);
	free(painting->kept);
}

int conditions_compile(const struct policy *policy, const char *file, struct portsieve_image *image,
		       struct error *error)
{
	__attribute__((cleanup(painting_free))) struct painting painting = {
		.graph = { .policy = policy, .file = file, .image = image, .error = error },
	};
	_cleanup_free_ struct border *borders = NULL;
	_cleanup_free_ uint16_t *ids = NULL;
	struct range_list active = { 0 };
	size_t rule = 0;
	int r;

	while (rule < policy->rules_count && !rule_is_conditional(&policy->rules[rule]))
		rule++;
	if (rule == policy->rules_count)
		return 0;
	borders = calloc(2 * PORTSIEVE_RANGES, sizeof(*borders));
	ids = calloc(2 * PORTSIEVE_RANGES + 1, sizeof(*ids));
	painting.kept = calloc(2 * PORTSIEVE_RANGES, sizeof(*painting.kept));
	if (!borders || !ids || !painting.kept ||
	    hash_index_init(&painting.port_class_index, PORTSIEVE_PORT_CLASSES_MAX))
		return error_no_memory(error);
	r = condition_graph_init(&painting.graph);
	if (r)
		return r;
	active.ids = ids;
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++) {
		r = transport_compile(&painting, transport, borders, &active);
		if (r)
			return r;
	}
	r = portless_compile(&painting, &active);
	if (r)
		return r;
	r = condition_graph_finish(&painting.graph);
	if (r)
		return r;
	image->flags |= families_of(policy);
	return 0;
}

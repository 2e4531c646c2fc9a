/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image is a graph: ports lead to port classes, those to conditions by source, by destination
 * and by time, and these to ranges. What packets reach is found by following its edges once, in
 * that order, with the families of the packets that take each edge: the source and the destination
 * of a packet are of one family.
 */
#include "image_reach.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "image_entry.h"

enum {
	FAMILIES = POLICY_IPV6 + 1,
	ALL_FAMILIES = (1 << FAMILIES) - 1,
	WORK_MAX = 1 << 24, /* classes and ports looked at for all calls of image_reach_deciders */
};
static_assert((int)PORTSIEVE_CLASSES_MAX == (int)PORTSIEVE_CELLS, "a cell gives a class");

/* From a condition to an entry. */
struct edge {
	uint16_t condition;
	uint16_t entry;
	uint8_t families; /* of the packets that take it: 1 << enum policy_family */
};

/* The classes of a rule's `from` or `to`. */
struct members {
	uint32_t stamp[PORTSIEVE_CLASSES_MAX]; /* by class: `now` if it is one of them */
	uint32_t now;
	uint32_t list[PORTSIEVE_CLASSES_MAX];
	size_t count;
	bool any;	  /* all classes; stamps and list are not used */
	uint8_t families; /* that have an address of any of them */
};

/* Rules, each once. */
struct rules {
	uint32_t stamp[PORTSIEVE_RULES_MAX]; /* by rule: `now` if it is in the list */
	uint32_t now;
	uint16_t list[PORTSIEVE_RULES_MAX];
	size_t count;
};

/* One call of image_reach_deciders. */
struct search {
	const struct policy_rule *rule;
	unsigned int family; /* of the packets that are followed now */
	struct members members[PORTSIEVE_DIRECTIONS];
	struct members holder; /* of a rule that may decide all of them */
	uint32_t stamp;	       /* differs for each family and stretch of ports */
	uint32_t condition_stamp[PORTSIEVE_CONDITIONS_MAX];
	bool falls[PORTSIEVE_CONDITIONS_MAX]; /* of the conditions with that stamp */
	struct rules deciders;		      /* of one stretch */
	struct rules found;
	size_t work;
};

struct image_reach {
	const struct policy *policy;
	const struct portsieve_image *image;
	const struct addresses *addresses;
	uint8_t class_families[PORTSIEVE_DIRECTIONS][PORTSIEVE_CLASSES_MAX];
	uint32_t classes[PORTSIEVE_DIRECTIONS]; /* count */
	struct edge edges[PORTSIEVE_CELLS + 2 * PORTSIEVE_CONDITIONS_MAX];
	size_t edges_count; /* an edge to a condition stands after the edges of that one */
	uint8_t falls[PORTSIEVE_CONDITIONS_MAX]; /* families for which no conditional rule may match
						  */
	uint8_t asked[PORTSIEVE_CONDITIONS_MAX]; /* families of the packets that come to it */
	uint8_t reached[PORTSIEVE_RANGES];	 /* the same of a range */
	uint16_t stretch_end[PORTSIEVE_TRANSPORTS][PORTSIEVE_PORTS]; /* last port of one entry */
	struct search search;
};

static void edge_add(struct image_reach *reach, uint32_t condition, uint16_t entry,
		     uint8_t families)
{
	reach->edges[reach->edges_count++] = (struct edge){ condition, entry, families };
}

static void add_edges_by_time(struct image_reach *reach)
{
	/* `otherwise` refers to a condition of a lower number, and `then` to a range */
	for (uint32_t number = 0; number < PORTSIEVE_CONDITIONS_MAX; number++) {
		const struct portsieve_condition *condition = &reach->image->condition[number];

		if (condition->kind != PORTSIEVE_BY_TIME)
			continue;
		edge_add(reach, number, condition->then, ALL_FAMILIES);
		edge_add(reach, number, condition->otherwise, ALL_FAMILIES);
	}
}

/* Edges from the cells of each row, and one for the classes without a cell. */
static int add_edges_by_address(struct image_reach *reach, enum portsieve_direction direction)
{
	const struct portsieve_image *image = reach->image;
	const uint8_t *families = reach->class_families[direction];
	_cleanup_free_ uint32_t(*without_cell)[FAMILIES] =
		calloc(PORTSIEVE_CONDITIONS_MAX, sizeof(*without_cell));
	uint32_t classes[FAMILIES] = { 0 };

	if (!without_cell)
		return -ENOMEM;
	for (uint32_t class = 0; class < reach->classes[direction]; class ++)
		for (int family = 0; family < FAMILIES; family++)
			classes[family] += families[class] >> family & 1;
	for (uint32_t number = 0; number < PORTSIEVE_CONDITIONS_MAX; number++)
		for (int family = 0; family < FAMILIES; family++)
			without_cell[number][family] = classes[family];
	for (uint32_t i = 0; i < PORTSIEVE_CELLS; i++) {
		uint32_t number = image->cell[i].condition - 1u, class;

		if (!image->cell[i].condition ||
		    image->condition[number].kind != PORTSIEVE_BY_SOURCE + direction)
			continue;
		class = (i - image->condition[number].base) % PORTSIEVE_CELLS;
		edge_add(reach, number, image->cell[i].entry, families[class]);
		for (int family = 0; family < FAMILIES; family++)
			without_cell[number][family] -= families[class] >> family & 1;
	}
	for (uint32_t number = 0; number < PORTSIEVE_CONDITIONS_MAX; number++) {
		uint8_t left = 0;

		if (image->condition[number].kind != PORTSIEVE_BY_SOURCE + direction)
			continue;
		for (int family = 0; family < FAMILIES; family++)
			left |= !!without_cell[number][family] << family;
		edge_add(reach, number, image->condition[number].otherwise, left);
	}
	return 0;
}

/* The families of packets for which an entry leads to no conditional rule. */
static uint8_t falls_of(const struct image_reach *reach, uint16_t entry)
{
	if (entry == PORTSIEVE_ENTRY_FALL)
		return ALL_FAMILIES;
	return is_reference(entry) ? reach->falls[reference_number(entry)] : 0;
}

/* Packets of the families come to the entry. */
static void enter(struct image_reach *reach, uint16_t entry, uint8_t families)
{
	if (entry == PORTSIEVE_ENTRY_FALL)
		return;
	if (is_reference(entry))
		reach->asked[reference_number(entry)] |= families;
	else
		reach->reached[entry & PORTSIEVE_ENTRY_RANGE] |= families;
}

static void enter_ports(struct image_reach *reach, enum portsieve_transport transport)
{
	const uint16_t *table = reach->image->port[transport];
	uint16_t *end = reach->stretch_end[transport];

	for (uint32_t port = PORTSIEVE_PORTS; port--;) {
		const struct portsieve_port_class *class;

		if (port < PORTSIEVE_PORTS - 1 && table[port] == table[port + 1]) {
			end[port] = end[port + 1];
			continue;
		}
		end[port] = port;
		if (!is_reference(table[port])) {
			enter(reach, table[port], ALL_FAMILIES);
			continue;
		}
		class = &reach->image->port_class[reference_number(table[port])];
		enter(reach, class->condition, ALL_FAMILIES);
		enter(reach, class->otherwise, falls_of(reach, class->condition));
	}
}

struct image_reach *image_reach_new(const struct policy *policy,
				    const struct portsieve_image *image,
				    const struct addresses *addresses)
{
	_cleanup_free_ struct image_reach *reach = calloc(1, sizeof(*reach));

	if (!reach)
		return NULL;
	reach->policy = policy;
	reach->image = image;
	reach->addresses = addresses;
	addresses_find_families(addresses, reach->class_families);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		reach->classes[direction] = 1;
	for (size_t i = 0; i < addresses->count; i++) {
		const struct address_class *one = &addresses->list[i];

		if (one->class >= reach->classes[one->direction])
			reach->classes[one->direction] = one->class + 1;
	}
	add_edges_by_time(reach);
	if (add_edges_by_address(reach, PORTSIEVE_DESTINATION) ||
	    add_edges_by_address(reach, PORTSIEVE_SOURCE))
		return NULL;
	for (size_t i = 0; i < reach->edges_count; i++) {
		const struct edge *edge = &reach->edges[i];

		reach->falls[edge->condition] |= falls_of(reach, edge->entry) & edge->families;
	}
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++)
		enter_ports(reach, transport);
	for (size_t i = reach->edges_count; i--;) {
		const struct edge *edge = &reach->edges[i];

		enter(reach, edge->entry, reach->asked[edge->condition] & edge->families);
	}
	return TAKE_PTR(reach);
}

bool image_reach_has(const struct image_reach *reach, uint16_t range)
{
	return reach->reached[range];
}

/*
 * Adds the classes of a prefix and of the longer ones in it. One that is not listed needs nothing:
 * a shorter one of the same rule holds it.
 */
static void members_add(struct image_reach *reach, enum portsieve_direction direction,
			const struct policy_prefix *prefix, struct members *members)
{
	const struct addresses *addresses = reach->addresses;
	size_t at = addresses_find(addresses, direction, prefix);

	if (at == addresses->count || policy_prefix_compare(&addresses->list[at].prefix, prefix))
		return;
	for (; at < addresses->count && addresses->list[at].direction == direction &&
	       policy_prefix_holds(prefix, &addresses->list[at].prefix);
	     at++) {
		uint32_t class = addresses->list[at].class;

		reach->search.work++;
		if (members->stamp[class] == members->now)
			continue;
		members->stamp[class] = members->now;
		members->list[members->count++] = class;
		members->families |= reach->class_families[direction][class];
	}
}

static void members_find(struct image_reach *reach, const struct policy_rule *rule,
			 enum portsieve_direction direction, struct members *members)
{
	const struct policy_prefixes *prefixes = policy_rule_prefixes(rule, direction);

	members->now++;
	members->any = !prefixes->count;
	members->count = members->any ? reach->classes[direction] : 0;
	members->families = members->any ? ALL_FAMILIES : 0;
	for (size_t i = 0; i < prefixes->count && reach->search.work < WORK_MAX; i++)
		members_add(reach, direction, &prefixes->list[i], members);
}

/* Does the other rule hold the addresses of the rule, in the family that is followed? */
static bool holds_addresses(struct image_reach *reach, const struct policy_rule *other,
			    enum portsieve_direction direction)
{
	const struct members *members = &reach->search.members[direction];
	struct members *holder = &reach->search.holder;

	members_find(reach, other, direction, holder);
	for (size_t i = 0; i < members->count && !holder->any; i++) {
		uint32_t class = members->any ? i : members->list[i];

		reach->search.work++;
		if (reach->class_families[direction][class] >> reach->search.family & 1 &&
		    holder->stamp[class] != holder->now)
			return false;
	}
	return true;
}

/* Does the other rule decide all packets of the rule on a port that it has, without help? */
static bool shadows(struct image_reach *reach, const struct policy_rule *other)
{
	uint64_t until_ns = reach->search.rule->until_ns;

	if (other->until_ns && (!until_ns || other->until_ns < until_ns))
		return false;
	return holds_addresses(reach, other, PORTSIEVE_SOURCE) &&
	       holds_addresses(reach, other, PORTSIEVE_DESTINATION);
}

static void rules_add(struct rules *rules, uint16_t rule)
{
	if (rules->stamp[rule] != rules->now)
		rules->list[rules->count++] = rule;
	rules->stamp[rule] = rules->now;
}

static void rules_empty(struct rules *rules)
{
	rules->now++;
	rules->count = 0;
}

/* Finds the rules that an entry leads to; returns whether it may lead to no conditional one. */
static bool follow(struct image_reach *reach, uint16_t entry);

static bool follow_by_address(struct image_reach *reach, uint32_t number)
{
	const struct portsieve_image *image = reach->image;
	const struct portsieve_condition *condition = &image->condition[number];
	enum portsieve_direction direction = condition->kind - PORTSIEVE_BY_SOURCE;
	const struct members *members = &reach->search.members[direction];
	bool falls = false;

	for (size_t i = 0; i < members->count && reach->search.work++ < WORK_MAX; i++) {
		uint32_t class = members->any ? i : members->list[i];
		const struct portsieve_cell *cell =
			&image->cell[(condition->base + class) % PORTSIEVE_CELLS];

		if (reach->class_families[direction][class] >> reach->search.family & 1)
			falls |=
				follow(reach, cell->condition == number + 1 ? cell->entry
									    : condition->otherwise);
	}
	return falls;
}

static bool follow_by_time(struct image_reach *reach, const struct portsieve_condition *condition)
{
	uint64_t until_ns = reach->search.rule->until_ns;
	bool falls = follow(reach, condition->then);

	if (!until_ns || condition->until_ns < until_ns)
		falls |= follow(reach, condition->otherwise);
	return falls;
}

static bool follow(struct image_reach *reach, uint16_t entry)
{
	struct search *search = &reach->search;
	uint32_t number;

	if (entry == PORTSIEVE_ENTRY_FALL)
		return true;
	if (!is_reference(entry)) {
		rules_add(&search->deciders,
			  reach->image->range[entry & PORTSIEVE_ENTRY_RANGE].rule);
		return false;
	}
	number = reference_number(entry);
	if (search->condition_stamp[number] == search->stamp)
		return search->falls[number];
	search->condition_stamp[number] = search->stamp;
	search->falls[number] = reach->image->condition[number].kind == PORTSIEVE_BY_TIME
					? follow_by_time(reach, &reach->image->condition[number])
					: follow_by_address(reach, number);
	return search->falls[number];
}

/*
 * The rules that decide the rule's packets on a port. If the last of them would decide all of them,
 * the others only come before it: they are left out.
 */
static void follow_port(struct image_reach *reach, uint16_t entry)
{
	struct search *search = &reach->search;
	const struct rules *deciders = &search->deciders;
	uint16_t last = 0;

	search->stamp++;
	rules_empty(&search->deciders);
	if (is_reference(entry)) {
		const struct portsieve_port_class *class =
			&reach->image->port_class[reference_number(entry)];

		uint16_t range = class->otherwise & PORTSIEVE_ENTRY_RANGE;
		uint16_t rule = reach->image->range[range].rule;

		/* an earlier rule without addresses and without an end */
		if (range >= PORTSIEVE_RANGE_RULES && reach->reached[range] &&
		    &reach->policy->rules[rule] < search->rule) {
			rules_add(&search->found, rule);
			return;
		}
		if (follow(reach, class->condition))
			follow(reach, class->otherwise);
	} else {
		follow(reach, entry);
	}
	for (size_t i = 0; i < deciders->count; i++)
		last = deciders->list[i] > last ? deciders->list[i] : last;
	if (deciders->count && shadows(reach, &reach->policy->rules[last])) {
		rules_add(&search->found, last);
		return;
	}
	for (size_t i = 0; i < deciders->count; i++)
		rules_add(&search->found, deciders->list[i]);
}

static int compare_rules(const void *one, const void *other)
{
	return *(const uint16_t *)one - *(const uint16_t *)other;
}

struct deciders image_reach_deciders(struct image_reach *reach, const struct policy_rule *rule,
				     uint16_t first, size_t count)
{
	struct search *search = &reach->search;
	uint8_t families = ALL_FAMILIES;

	search->rule = rule;
	rules_empty(&search->found);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		members_find(reach, rule, direction, &search->members[direction]);
		families &= search->members[direction].families;
	}
	for (search->family = 0; search->family < FAMILIES; search->family++)
		for (size_t i = 0; i < count && families >> search->family & 1; i++) {
			const struct portsieve_range *range = &reach->image->range[first + i];
			const uint16_t *end = reach->stretch_end[range->transport];

			for (uint32_t port = range->low;
			     port <= range->high && search->work++ < WORK_MAX;
			     port = end[port] + 1u)
				follow_port(reach, reach->image->port[range->transport][port]);
		}
	qsort(search->found.list, search->found.count, sizeof(*search->found.list), compare_rules);
	return (struct deciders){ search->found.list, search->found.count,
				  search->work < WORK_MAX };
}

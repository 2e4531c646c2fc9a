/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image is a graph: ports lead to port classes, these to conditions by source, destination and
 * time, and these to ranges. Follows its edges once, in that order, with the families of the
 * packets that take each edge, as a packet's source and destination have the same family.
 */
#include "analysis/reach.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

static_assert((int)PORTSIEVE_CLASSES_MAX == (int)PORTSIEVE_CELLS, "a cell gives a class");

/* An edge from a condition to an entry. */
struct edge {
	uint16_t condition;
	uint16_t entry;
	uint8_t families; /* of the packets that take it: 1 << enum policy_family */
};

/* The state of a walk. */
struct walk {
	struct image_reach *reach;
	struct edge edges[PORTSIEVE_CELLS + 2 * PORTSIEVE_CONDITIONS_MAX];
	size_t edges_count; /* an edge to a condition follows that condition's own edges */
	uint8_t falls[PORTSIEVE_CONDITIONS_MAX]; /* families for which no conditional rule may match
						  */
	uint8_t asked[PORTSIEVE_CONDITIONS_MAX]; /* families of the packets that reach it */
};

static void edge_add(struct walk *walk, uint32_t condition, uint16_t entry, uint8_t families)
{
	walk->edges[walk->edges_count++] = (struct edge){ condition, entry, families };
}

static void add_edges_by_time(struct walk *walk)
{
	/* both entries refer to a range or to a condition with a lower number */
	for (uint32_t number = 0; number < PORTSIEVE_CONDITIONS_MAX; number++) {
		const struct portsieve_condition *condition =
			&walk->reach->image->condition[number];

		if (condition->kind != PORTSIEVE_BY_TIME)
			continue;
		edge_add(walk, number, condition->then, ADDRESSES_ALL_FAMILIES);
		edge_add(walk, number, condition->otherwise, ADDRESSES_ALL_FAMILIES);
	}
}

/* Does a row leave the classes without a cell to another row by source? */
static bool is_shared(const struct portsieve_image *image,
		      const struct portsieve_condition *condition)
{
	return is_reference(condition->otherwise) && condition->otherwise != PORTSIEVE_ENTRY_FALL &&
	       image->condition[reference_number(condition->otherwise)].kind == condition->kind;
}

/*
 * Adds edges from the cells of each row, and one for classes without a cell. Those to another row
 * by source come last, since an edge to a condition comes after that condition's own. That row is
 * asked about all its classes by ports of its own, so no edge from there is one too many.
 */
static int add_edges_by_address(struct walk *walk, enum portsieve_direction direction)
{
	const struct image_reach *reach = walk->reach;
	const struct portsieve_image *image = reach->image;
	const uint8_t *families = reach->class_families[direction];
	_cleanup_free_ uint32_t(*without_cell)[POLICY_FAMILIES] =
		calloc(PORTSIEVE_CONDITIONS_MAX, sizeof(*without_cell));
	uint32_t classes[POLICY_FAMILIES] = { 0 };

	if (!without_cell)
		return -ENOMEM;
	for (uint32_t class = 0; class < reach->classes[direction]; class ++)
		for (int family = 0; family < POLICY_FAMILIES; family++)
			classes[family] += families[class] >> family & 1;
	for (uint32_t number = 0; number < PORTSIEVE_CONDITIONS_MAX; number++)
		for (int family = 0; family < POLICY_FAMILIES; family++)
			without_cell[number][family] = classes[family];
	for (uint32_t i = 0; i < PORTSIEVE_CELLS; i++) {
		uint32_t number = image->cell[i].condition - 1u, class;

		if (!image->cell[i].condition ||
		    image->condition[number].kind != PORTSIEVE_BY_SOURCE + direction)
			continue;
		class = (i - image->condition[number].base) % PORTSIEVE_CELLS;
		edge_add(walk, number, image->cell[i].entry, families[class]);
		for (int family = 0; family < POLICY_FAMILIES; family++)
			without_cell[number][family] -= families[class] >> family & 1;
	}
	for (int shared = 0; shared <= 1; shared++)
		for (uint32_t number = 0; number < PORTSIEVE_CONDITIONS_MAX; number++) {
			const struct portsieve_condition *condition = &image->condition[number];
			uint8_t left = 0;

			if (condition->kind != PORTSIEVE_BY_SOURCE + direction ||
			    is_shared(image, condition) != shared)
				continue;
			for (int family = 0; family < POLICY_FAMILIES; family++)
				left |= !!without_cell[number][family] << family;
			edge_add(walk, number, condition->otherwise, left);
		}
	return 0;
}

/* The families of packets for which an entry leads to no conditional rule. */
static uint8_t falls_of(const struct walk *walk, uint16_t entry)
{
	if (entry == PORTSIEVE_ENTRY_FALL)
		return ADDRESSES_ALL_FAMILIES;
	return is_reference(entry) ? walk->falls[reference_number(entry)] : 0;
}

/* Marks the entry as reached by packets of the families. */
static void enter(struct walk *walk, uint16_t entry, uint8_t families)
{
	if (entry == PORTSIEVE_ENTRY_FALL)
		return;
	if (is_reference(entry))
		walk->asked[reference_number(entry)] |= families;
	else
		walk->reach->ranges[entry & PORTSIEVE_ENTRY_RANGE] |= !!families;
}

static void enter_ports(struct walk *walk, enum portsieve_transport transport)
{
	struct image_reach *reach = walk->reach;
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
			enter(walk, table[port], ADDRESSES_ALL_FAMILIES);
			continue;
		}
		class = &reach->image->port_class[reference_number(table[port])];
		enter(walk, class->condition, ADDRESSES_ALL_FAMILIES);
		enter(walk, class->otherwise, falls_of(walk, class->condition));
	}
}

/* Packets without a port: which of the entries they are tried against depends on their knob. */
static void enter_portless(struct walk *walk)
{
	const struct portsieve_image *image = walk->reach->image;

	for (int knob = 0; knob < PORTSIEVE_KNOBS; knob++) {
		uint16_t entry = image->portless[image_portless_rules(image, knob)];

		if (PORTSIEVE_RULED_KNOBS >> knob & 1 && is_reference(entry))
			enter(walk, image->port_class[reference_number(entry)].condition,
			      ADDRESSES_ALL_FAMILIES);
	}
}

struct image_reach *image_reach_new(const struct policy *policy,
				    const struct portsieve_image *image,
				    const struct addresses *addresses)
{
	_cleanup_free_ struct image_reach *reach = calloc(1, sizeof(*reach));
	_cleanup_free_ struct walk *walk = calloc(1, sizeof(*walk));

	if (!reach || !walk)
		return NULL;
	walk->reach = reach;
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
	add_edges_by_time(walk);
	if (add_edges_by_address(walk, PORTSIEVE_DESTINATION) ||
	    add_edges_by_address(walk, PORTSIEVE_SOURCE))
		return NULL;
	for (size_t i = 0; i < walk->edges_count; i++) {
		const struct edge *edge = &walk->edges[i];

		walk->falls[edge->condition] |= falls_of(walk, edge->entry) & edge->families;
	}
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++)
		enter_ports(walk, transport);
	enter_portless(walk);
	for (size_t i = walk->edges_count; i--;) {
		const struct edge *edge = &walk->edges[i];

		enter(walk, edge->entry, walk->asked[edge->condition] & edge->families);
	}
	return TAKE_PTR(reach);
}

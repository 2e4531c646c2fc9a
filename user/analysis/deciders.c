/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the rules that decide a rule's packets, by following the image's conditions with the
 * classes of the rule's addresses only.
 */
#include "analysis/reach.h"

#include <stdlib.h>

enum {
	WORK_MAX = 1 << 24, /* classes and ports looked at by one search, in all its calls */
	RULES = PORTSIEVE_FAILSAFE_RULES_MAX + PORTSIEVE_RULES_MAX,
};

/* The classes of a rule's `from` or `to`. */
struct members {
	uint32_t stamp[PORTSIEVE_CLASSES_MAX]; /* by class: `now` if a member */
	uint32_t now;
	uint32_t list[PORTSIEVE_CLASSES_MAX];
	size_t count;
	bool any;	  /* all classes; stamps and list are not used */
	uint8_t families; /* of the members' addresses */
};

/* A set of rules. */
struct rules {
	uint32_t stamp[RULES]; /* by rule: `now` if in the list */
	uint32_t now;
	uint16_t list[RULES];
	size_t count;
};

struct deciders_search {
	const struct image_reach *reach;
	const struct policy_rule *rule;
	unsigned int family; /* of the packets being followed */
	struct members members[PORTSIEVE_DIRECTIONS];
	struct members holder; /* of a rule that may decide all packets */
	uint32_t stamp;	       /* unique for each family and stretch of ports */
	uint32_t condition_stamp[PORTSIEVE_CONDITIONS_MAX];
	bool falls[PORTSIEVE_CONDITIONS_MAX]; /* of the conditions with that stamp */
	struct rules deciders;		      /* for one stretch */
	struct rules found;
	size_t work;
};

struct deciders_search *deciders_search_new(const struct image_reach *reach)
{
	struct deciders_search *search = calloc(1, sizeof(*search));

	if (search)
		search->reach = reach;
	return search;
}

/* Does any address of the current family have the class? */
static bool has_family(const struct deciders_search *search, enum portsieve_direction direction,
		       uint32_t class)
{
	return search->reach->class_families[direction][class] >> search->family & 1;
}

/*
 * Adds the classes of a prefix and of longer ones inside it. A prefix that is not listed adds none:
 * a shorter one of the same rule contains it.
 */
static void members_add(struct deciders_search *search, enum portsieve_direction direction,
			const struct policy_prefix *prefix, struct members *members)
{
	const struct addresses *addresses = search->reach->addresses;
	size_t at = addresses_find(addresses, direction, prefix);

	if (at == addresses->count || policy_prefix_compare(&addresses->list[at].prefix, prefix))
		return;
	for (; at < addresses->count && addresses->list[at].direction == direction &&
	       policy_prefix_holds(prefix, &addresses->list[at].prefix);
	     at++) {
		uint32_t class = addresses->list[at].class;

		search->work++;
		if (members->stamp[class] == members->now)
			continue;
		members->stamp[class] = members->now;
		members->list[members->count++] = class;
		members->families |= search->reach->class_families[direction][class];
	}
}

static void members_find(struct deciders_search *search, const struct policy_rule *rule,
			 enum portsieve_direction direction, struct members *members)
{
	const struct policy_prefixes *prefixes = policy_rule_prefixes(rule, direction);

	members->now++;
	members->any = policy_rule_takes_any(rule, direction);
	members->count = members->any ? search->reach->classes[direction] : 0;
	members->families = members->any ? ADDRESSES_ALL_FAMILIES : 0;
	for (size_t i = 0; i < prefixes->count && search->work < WORK_MAX; i++)
		members_add(search, direction, &prefixes->list[i], members);
}

/* Does the other rule alone decide all of the rule's packets on a common port? */
static bool shadows(struct deciders_search *search, const struct policy_rule *other)
{
	uint64_t until_ns = search->rule->until_ns;
	struct members *holder = &search->holder;

	if (other->until_ns && (!until_ns || other->until_ns < until_ns))
		return false;
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		const struct members *members = &search->members[direction];

		members_find(search, other, direction, holder);
		for (size_t i = 0; i < members->count && !holder->any; i++) {
			uint32_t class = members->any ? i : members->list[i];

			search->work++;
			if (has_family(search, direction, class) &&
			    holder->stamp[class] != holder->now)
				return false;
		}
	}
	return true;
}

static void rules_add(struct rules *rules, uint16_t rule)
{
	if (rules->stamp[rule] != rules->now)
		rules->list[rules->count++] = rule;
	rules->stamp[rule] = rules->now;
}

static uint16_t entry_of_class(const struct portsieve_image *image, uint32_t number, uint32_t class)
{
	const struct portsieve_condition *condition = &image->condition[number];
	const struct portsieve_cell *cell =
		&image->cell[(condition->base + class) % PORTSIEVE_CELLS];

	if (cell->condition == number + 1)
		return cell->entry;
	/* the row may be the differences to another one */
	if (condition->kind == PORTSIEVE_BY_SOURCE && is_reference(condition->otherwise) &&
	    condition->otherwise != PORTSIEVE_ENTRY_FALL) {
		uint32_t other = reference_number(condition->otherwise);

		if (image->condition[other].kind == PORTSIEVE_BY_SOURCE)
			return entry_of_class(image, other, class);
	}
	return condition->otherwise;
}

/*
 * Finds the rules that an entry leads to. Returns whether it may lead to none that is conditional.
 */
static bool follow(struct deciders_search *search, uint16_t entry);

static bool follow_by_address(struct deciders_search *search, uint32_t number)
{
	const struct portsieve_image *image = search->reach->image;
	const struct portsieve_condition *condition = &image->condition[number];
	enum portsieve_direction direction = condition->kind - PORTSIEVE_BY_SOURCE;
	const struct members *members = &search->members[direction];
	bool falls = false;

	for (size_t i = 0; i < members->count && search->work++ < WORK_MAX; i++) {
		uint32_t class = members->any ? i : members->list[i];

		if (has_family(search, direction, class))
			falls |= follow(search, entry_of_class(image, number, class));
	}
	return falls;
}

static bool follow(struct deciders_search *search, uint16_t entry)
{
	const struct portsieve_image *image = search->reach->image;
	const struct portsieve_condition *condition;
	uint64_t until_ns = search->rule->until_ns;
	uint32_t number;

	if (entry == PORTSIEVE_ENTRY_FALL)
		return true;
	if (!is_reference(entry)) {
		rules_add(&search->deciders, image->range[entry & PORTSIEVE_ENTRY_RANGE].rule);
		return false;
	}
	number = reference_number(entry);
	condition = &image->condition[number];
	if (search->condition_stamp[number] == search->stamp)
		return search->falls[number];
	search->condition_stamp[number] = search->stamp;
	if (condition->kind != PORTSIEVE_BY_TIME) {
		search->falls[number] = follow_by_address(search, number);
		return search->falls[number];
	}
	search->falls[number] = follow(search, condition->then);
	if (!until_ns || condition->until_ns < until_ns)
		search->falls[number] |= follow(search, condition->otherwise);
	return search->falls[number];
}

/*
 * Finds the rules that decide the rule's packets on a port. If the last one alone would decide all
 * of them, returns only that.
 */
static void follow_port(struct deciders_search *search, uint16_t entry)
{
	const struct rules *deciders = &search->deciders;
	uint16_t last = 0;

	search->stamp++;
	search->deciders.now++;
	search->deciders.count = 0;
	if (is_reference(entry)) {
		const struct portsieve_port_class *class =
			&search->reach->image->port_class[reference_number(entry)];
		uint16_t range = class->otherwise & PORTSIEVE_ENTRY_RANGE;

		/* an earlier rule without addresses or an end */
		if (range >= PORTSIEVE_RANGE_RULES && range < PORTSIEVE_RANGES &&
		    search->reach->ranges[range]) {
			uint16_t rule = search->reach->image->range[range].rule;

			if (&search->reach->policy->rules[rule] < search->rule) {
				rules_add(&search->found, rule);
				return;
			}
		}
		if (follow(search, class->condition))
			follow(search, class->otherwise);
	} else {
		follow(search, entry);
	}
	for (size_t i = 0; i < deciders->count; i++)
		last = deciders->list[i] > last ? deciders->list[i] : last;
	if (deciders->count && shadows(search, &search->reach->policy->rules[last])) {
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

/* Finds the rules that decide the rule's packets of a transport, from low to high. */
static void follow_ports(struct deciders_search *search, enum portsieve_transport transport,
			 uint32_t low, uint32_t high)
{
	const uint16_t *end = search->reach->stretch_end[transport];

	for (uint32_t port = low; port <= high && search->work++ < WORK_MAX; port = end[port] + 1u)
		follow_port(search, search->reach->image->port[transport][port]);
}

/* The same of a rule without ports: all ports, and packets that have none. */
static void follow_all(struct deciders_search *search)
{
	const uint16_t *portless = search->reach->image->portless;

	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++)
		follow_ports(search, transport, 0, PORTSIEVE_PORTS - 1);
	for (int i = 0; i < PORTSIEVE_PORTLESS; i++)
		if (is_reference(portless[i]))
			follow_port(search, portless[i]);
}

struct deciders deciders_find(struct deciders_search *search, const struct policy_rule *rule,
			      uint16_t first, size_t count)
{
	uint8_t families = ADDRESSES_ALL_FAMILIES;

	search->rule = rule;
	search->found.now++;
	search->found.count = 0;
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		members_find(search, rule, direction, &search->members[direction]);
		families &= search->members[direction].families;
	}
	for (search->family = 0; search->family < POLICY_FAMILIES; search->family++)
		for (size_t i = 0; i < count && families >> search->family & 1; i++) {
			const struct portsieve_range *range =
				&search->reach->image->range[first + i];

			if (range->transport == PORTSIEVE_ANY)
				follow_all(search);
			else
				follow_ports(search, range->transport, range->low, range->high);
		}
	qsort(search->found.list, search->found.count, sizeof(*search->found.list), compare_rules);
	return (struct deciders){ search->found.list, search->found.count,
				  search->work < WORK_MAX };
}

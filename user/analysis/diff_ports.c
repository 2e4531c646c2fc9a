/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sweeps over the ports of each transport: the rules of both policies that match at a port change
 * only where an interval begins or ends. The ports in between are a segment.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diff_parts.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "compile/builtin.h"

enum { NO_RULE = UINT32_MAX };

/* An interval of the rule begins at, or has ended before, `port`. */
struct border {
	uint32_t port; /* up to PORTSIEVE_PORTS */
	uint32_t rule; /* NO_RULE: a fixed border */
	uint8_t transport;
	uint8_t side;
	bool ends;
};

/* The contenders at the sweep's current port. */
struct active {
	uint32_t *numbers; /* ascending */
	size_t count;
	uint32_t *depth; /* by rule: the number of its intervals that contain the port */
};

struct sweep {
	struct comparison *comparison;
	struct border *borders;
	size_t borders_count;
	struct active active[SIDES];
	struct policy_diff_changes all;
	size_t *open; /* in `all`: the changes of the segment before, sorted by
			 policy_diff_compare_what */
	size_t open_count;
};

static void sweep_free(struct sweep *sweep)
{
	free(sweep->borders);
	free(sweep->all.list);
	free(sweep->open);
	for (int side = BEFORE; side < SIDES; side++) {
		free(sweep->active[side].numbers);
		free(sweep->active[side].depth);
	}
}

static void changes_free(struct policy_diff_changes *changes)
{
	free(changes->list);
}

static int compare_borders(const void *one, const void *other)
{
	const struct border *a = one, *b = other;

	return a->transport - b->transport ?: (a->port > b->port) - (a->port < b->port);
}

static struct border *add_borders(struct border *at, uint32_t rule, uint8_t side,
				  struct policy_interval ports)
{
	*at++ = (struct border){ ports.low, rule, ports.transport, side, false };
	*at++ = (struct border){ ports.high + 1u, rule, ports.transport, side, true };
	return at;
}

/*
 * Allocates for both policies, and finds all borders: of intervals, of DHCP's ports, and of all
 * ports.
 */
static int sweep_init(struct sweep *sweep)
{
	static const uint32_t fixed[] = {
		0,
		DHCP_CLIENT_PORT,
		DHCP_CLIENT_PORT + 1,
		DHCPV6_CLIENT_PORT,
		DHCPV6_CLIENT_PORT + 1,
		PORTSIEVE_PORTS,
	};
	size_t room = ARRAY_SIZE(fixed) * PORTSIEVE_TRANSPORTS;
	struct border *at;

	for (int side = BEFORE; side < SIDES; side++) {
		const struct policy *policy = sweep->comparison->policies[side];
		struct active *active = &sweep->active[side];

		active->numbers = calloc(2 * policy->rules_count + 1, sizeof(*active->numbers));
		active->depth = calloc(policy->rules_count + 1, sizeof(*active->depth));
		if (!active->numbers || !active->depth)
			return -ENOMEM;
		for (size_t i = 0; i < policy->rules_count; i++)
			room += policy_rule_is_portless(&policy->rules[i])
					? 2 * PORTSIEVE_TRANSPORTS
					: 2 * policy->rules[i].intervals_count;
	}
	at = sweep->borders = calloc(room, sizeof(*sweep->borders));
	if (!at)
		return -ENOMEM;
	sweep->borders_count = room;
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++)
		for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
			*at++ = (struct border){ fixed[i], NO_RULE, transport, 0, false };
	for (int side = BEFORE; side < SIDES; side++) {
		const struct policy *policy = sweep->comparison->policies[side];

		for (size_t rule = 0; rule < policy->rules_count; rule++) {
			for (size_t i = 0; i < policy->rules[rule].intervals_count; i++)
				at = add_borders(at, rule, side, policy->rules[rule].intervals[i]);
			for (uint8_t transport = 0; policy_rule_is_portless(&policy->rules[rule]) &&
						    transport < PORTSIEVE_TRANSPORTS;
			     transport++)
				at = add_borders(at, rule, side,
						 (struct policy_interval){ 0, PORTSIEVE_PORTS - 1,
									   transport });
		}
	}
	qsort(sweep->borders, room, sizeof(*sweep->borders), compare_borders);
	return 0;
}

/*
 * Adds the border's rule to the active ones, or removes it. At one port, ends and beginnings of
 * intervals may come in any order.
 */
static void cross(struct sweep *sweep, const struct border *border)
{
	struct active *active = &sweep->active[border->side];
	uint32_t rule = border->rule, *numbers = active->numbers;
	size_t at = 0, halves;

	if (rule == NO_RULE)
		return;
	halves = sweep->comparison->policies[border->side]->rules[rule].only_from ? 2 : 1;
	while (at < active->count && contender_rule(numbers[at]) < rule)
		at++;
	if (!border->ends && !active->depth[rule]++) {
		memmove(&numbers[at + halves], &numbers[at],
			(active->count - at) * sizeof(*numbers));
		for (size_t half = 0; half < halves; half++)
			numbers[at + half] = (uint32_t)(2 * rule + half);
		active->count += halves;
	} else if (border->ends && !--active->depth[rule]) {
		active->count -= halves;
		memmove(&numbers[at], &numbers[at + halves],
			(active->count - at) * sizeof(*numbers));
	}
}

struct policy_decider policy_decider_of(const struct policy *policy, const struct policy_rule *rule,
					bool others)
{
	return (struct policy_decider){
		.rule = rule,
		.drop = rule->action == POLICY_DROP || others,
		.monitored = policy->monitor || rule->monitor,
	};
}

static struct contenders contenders_of(const struct sweep *sweep, int side,
				       const struct border *border)
{
	const struct policy *policy = sweep->comparison->policies[side];
	const struct active *active = &sweep->active[side];
	bool drop = policy->default_action == POLICY_DROP;
	bool dhcp_client = drop && policy->dhcp_client && border->transport == PORTSIEVE_UDP &&
			   (border->port == DHCP_CLIENT_PORT || border->port == DHCPV6_CLIENT_PORT);
	struct contenders contenders = {
		.numbers = active->numbers,
		.otherwise = { .dhcp_client = dhcp_client,
			       .drop = drop && !dhcp_client,
			       .monitored = policy->monitor || policy->default_monitor },
	};

	for (; contenders.count < active->count; contenders.count++) {
		uint32_t number = active->numbers[contenders.count];
		const struct policy_rule *rule = &policy->rules[contender_rule(number)];
		bool others = contender_is_others(number);

		if ((!policy_prefixes_any(&rule->from) && !others) ||
		    !policy_rule_takes_any(rule, PORTSIEVE_DESTINATION) || rule->monitor)
			continue;
		contenders.otherwise = policy_decider_of(policy, rule, others);
		break;
	}
	return contenders;
}

static int compare_pointers(const void *one, const void *other)
{
	return ((uintptr_t)one > (uintptr_t)other) - ((uintptr_t)one < (uintptr_t)other);
}

static int compare_deciders(const struct policy_decider *one, const struct policy_decider *other)
{
	int order = compare_pointers(one->rule, other->rule);

	if (!order)
		order = one->dhcp_client - other->dhcp_client;
	if (!order)
		order = one->drop - other->drop;
	return order ? order : one->monitored - other->monitored;
}

int policy_diff_compare_what(const void *one, const void *other)
{
	const struct policy_diff_change *a = one, *b = other;
	int order = compare_deciders(&a->before, &b->before);

	if (!order)
		order = compare_deciders(&a->after, &b->after);
	if (!order)
		order = compare_pointers(a->from, b->from);
	if (!order)
		order = compare_pointers(a->to, b->to);
	return order ? order : a->unclear - b->unclear;
}

/* Extends changes of the previous segment that continue in this one, and adds the others. */
static int join(struct sweep *sweep, const struct policy_diff_changes *found)
{
	struct policy_diff_changes *all = &sweep->all;
	_cleanup_free_ size_t *open = calloc(found->count + 1, sizeof(*open));
	size_t o = 0;

	if (!open)
		return -ENOMEM;
	for (size_t i = 0; i < found->count; i++) {
		const struct policy_diff_change *change = &found->list[i];
		struct policy_diff_change *list;
		int order = -1;

		for (; o < sweep->open_count; o++) {
			order = policy_diff_compare_what(&all->list[sweep->open[o]], change);
			if (order >= 0)
				break;
		}
		if (!order && all->list[sweep->open[o]].transport == change->transport) {
			open[i] = sweep->open[o];
			all->list[open[i]].high = change->high;
			continue;
		}
		list = array_room(all->list, all->count, sizeof(*list));
		if (!list)
			return -ENOMEM;
		all->list = list;
		open[i] = all->count;
		list[all->count++] = *change;
	}
	free(sweep->open);
	sweep->open = TAKE_PTR(open);
	sweep->open_count = found->count;
	return 0;
}

/* Compares the ports from a border up to the next one. */
static int sweep_segment(struct sweep *sweep, const struct border *border)
{
	__attribute__((cleanup(changes_free))) struct policy_diff_changes found = { 0 };
	struct segment segment = {
		.transport = border->transport,
		.low = border->port,
		.high = border[1].port - 1,
		.sides = { contenders_of(sweep, BEFORE, border),
			   contenders_of(sweep, AFTER, border) },
	};
	int r = policy_diff_segment(sweep->comparison, &segment, &found);

	if (r)
		return r;
	if (found.count)
		qsort(found.list, found.count, sizeof(*found.list), policy_diff_compare_what);
	return join(sweep, &found);
}

/*
 * By first prefix, with no area first. Comparing pointers would give a different order in every
 * run.
 */
static int compare_areas(const struct area *one, const struct area *other)
{
	if (!one || !other || !one->in.count || !other->in.count)
		return !!one - !!other;
	return memcmp(&one->in.list[0], &other->in.list[0], sizeof(one->in.list[0]));
}

static int compare_changes(const void *one, const void *other)
{
	const struct policy_diff_change *a = one, *b = other;
	int order = a->transport - b->transport;

	if (!order)
		order = a->low - b->low;
	if (!order)
		order = a->high - b->high;
	if (!order)
		order = compare_areas(a->from, b->from);
	if (!order)
		order = compare_areas(a->to, b->to);
	if (!order)
		order = policy_diff_compare_what(a, b);
	return order ? order : (a->knobs > b->knobs) - (a->knobs < b->knobs);
}

int policy_diff_ports(struct comparison *comparison)
{
	__attribute__((cleanup(sweep_free))) struct sweep sweep = { .comparison = comparison };
	int r = sweep_init(&sweep);

	if (r)
		return r;
	for (size_t i = 0; i + 1 < sweep.borders_count; i++) {
		const struct border *border = &sweep.borders[i];

		cross(&sweep, border);
		if (border->transport != border[1].transport || border->port == border[1].port)
			continue;
		r = sweep_segment(&sweep, border);
		if (r)
			return r;
	}
	r = policy_diff_portless(comparison, &sweep.all);
	if (r)
		return r;
	if (sweep.all.count)
		qsort(sweep.all.list, sweep.all.count, sizeof(*sweep.all.list), compare_changes);
	comparison->diff->changes_count = sweep.all.count;
	comparison->diff->changes = TAKE_PTR(sweep.all.list);
	return 0;
}

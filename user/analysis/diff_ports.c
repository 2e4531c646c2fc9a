/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sweep over the ports of each transport: which rules of both policies match at a port changes
 * only where an interval begins or ends. What lies between is a segment.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "compile/builtin.h"
#include "analysis/diff_parts.h"

enum { NO_RULE = UINT32_MAX };

/* From `port` on, an interval of the rule has begun, or ended. */
struct border {
	uint32_t port; /* up to PORTSIEVE_PORTS */
	uint32_t rule; /* NO_RULE: nothing but a border */
	uint8_t side;
	bool ends;
};

struct borders {
	struct border *list;
	size_t count;
};

/* The rules that match at the port that the sweep has reached. */
struct active {
	uint32_t *rules; /* ascending */
	size_t count;
	uint32_t *depth; /* by rule: its intervals that hold the port */
};

struct sweep {
	const struct comparison *comparison;
	uint8_t transport;
	struct borders borders;
	struct active active[SIDES];
	struct policy_diff_changes found; /* of the segment at hand */
	struct policy_diff_changes *all;
	size_t *open; /* in `all`: the changes of the segment before, sorted by compare_what */
	size_t open_count;
};

static int compare_borders(const void *one, const void *other)
{
	const struct border *a = one, *b = other;

	return (a->port > b->port) - (a->port < b->port);
}

static int add_border(struct borders *borders, const struct border *border)
{
	struct border *list = array_room(borders->list, borders->count, sizeof(*list));

	if (!list)
		return -ENOMEM;
	borders->list = list;
	list[borders->count++] = *border;
	return 0;
}

static int add_intervals(struct sweep *sweep, int side, uint32_t number)
{
	const struct policy_rule *rule = &sweep->comparison->policies[side]->rules[number];
	int r = 0;

	for (size_t i = 0; !r && i < rule->intervals_count; i++) {
		const struct policy_interval *interval = &rule->intervals[i];
		struct border begin = { interval->low, number, side, false };
		struct border end = { interval->high + 1u, number, side, true };

		if (interval->transport != sweep->transport)
			continue;
		r = add_border(&sweep->borders, &begin);
		if (!r)
			r = add_border(&sweep->borders, &end);
	}
	return r;
}

static bool is_dhcp_client(uint8_t transport, uint32_t port)
{
	return transport == PORTSIEVE_UDP &&
	       (port == DHCP_CLIENT_PORT || port == DHCPV6_CLIENT_PORT);
}

/* All borders, ascending, with the ends of the ports and those of the DHCP client's. */
static int make_borders(struct sweep *sweep)
{
	static const uint32_t fixed[] = { 0,
					  DHCP_CLIENT_PORT,
					  DHCP_CLIENT_PORT + 1,
					  DHCPV6_CLIENT_PORT,
					  DHCPV6_CLIENT_PORT + 1,
					  PORTSIEVE_PORTS };
	int r = 0;

	sweep->borders.count = 0;
	free(sweep->borders.list); /* array_room must begin with nothing */
	sweep->borders.list = NULL;
	for (size_t i = 0; !r && i < ARRAY_SIZE(fixed); i++)
		r = add_border(&sweep->borders, &(struct border){ fixed[i], NO_RULE, 0, false });
	for (int side = BEFORE; side < SIDES; side++)
		for (size_t i = 0; !r && i < sweep->comparison->policies[side]->rules_count; i++)
			r = add_intervals(sweep, side, i);
	if (!r)
		qsort(sweep->borders.list, sweep->borders.count, sizeof(*sweep->borders.list),
		      compare_borders);
	return r;
}

/* Where the rule stands among the active ones, or would. */
static size_t find_active(const struct active *active, uint32_t rule)
{
	size_t low = 0, high = active->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (active->rules[middle] < rule)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* At one port an interval's end may come before another's beginning, or after it. */
static void cross(struct sweep *sweep, const struct border *border)
{
	struct active *active = &sweep->active[border->side];
	uint32_t rule = border->rule;
	size_t at;

	if (rule == NO_RULE)
		return;
	at = find_active(active, rule);
	if (!border->ends && !active->depth[rule]++) {
		memmove(&active->rules[at + 1], &active->rules[at],
			(active->count++ - at) * sizeof(*active->rules));
		active->rules[at] = rule;
	} else if (border->ends && !--active->depth[rule]) {
		memmove(&active->rules[at], &active->rules[at + 1],
			(--active->count - at) * sizeof(*active->rules));
	}
}

static struct contenders contenders_of(const struct sweep *sweep, int side, uint32_t port)
{
	const struct policy *policy = sweep->comparison->policies[side];
	bool dhcp = policy->default_action == POLICY_DROP && policy->dhcp_client &&
		    is_dhcp_client(sweep->transport, port);
	struct contenders contenders = {
		.rules = sweep->active[side].rules,
		.otherwise = { NULL, dhcp, policy->default_action == POLICY_DROP && !dhcp },
	};

	while (contenders.count < sweep->active[side].count) {
		const struct policy_rule *rule = &policy->rules[contenders.rules[contenders.count]];

		if (!rule->from.count && !rule->to.count) {
			contenders.otherwise =
				(struct policy_decider){ rule, false, rule->action == POLICY_DROP };
			break;
		}
		contenders.count++;
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
	return order ? order : one->drop - other->drop;
}

/* All but the ports. */
static int compare_what(const void *one, const void *other)
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

/* Widens the changes that go on, and adds the others. */
static int join(struct sweep *sweep, uint32_t high)
{
	struct policy_diff_changes *found = &sweep->found, *all = sweep->all;
	_cleanup_free_ size_t *open = calloc(found->count + 1, sizeof(*open));
	size_t o = 0;

	if (!open)
		return -ENOMEM;
	if (found->count)
		qsort(found->list, found->count, sizeof(*found->list), compare_what);
	for (size_t i = 0; i < found->count; i++) {
		struct policy_diff_change *list;

		while (o < sweep->open_count &&
		       compare_what(&all->list[sweep->open[o]], &found->list[i]) < 0)
			o++;
		if (o < sweep->open_count &&
		    !compare_what(&all->list[sweep->open[o]], &found->list[i])) {
			open[i] = sweep->open[o];
			all->list[open[i]].high = high;
			continue;
		}
		list = array_room(all->list, all->count, sizeof(*list));
		if (!list)
			return -ENOMEM;
		all->list = list;
		open[i] = all->count;
		list[all->count++] = found->list[i];
	}
	free(sweep->open);
	sweep->open = TAKE_PTR(open);
	sweep->open_count = found->count;
	return 0;
}

static int sweep_segment(struct sweep *sweep, uint32_t low, uint32_t high)
{
	struct segment segment = {
		.transport = sweep->transport,
		.low = low,
		.high = high,
		.sides = { contenders_of(sweep, BEFORE, low), contenders_of(sweep, AFTER, low) },
	};
	int r;

	free(sweep->found.list);
	sweep->found = (struct policy_diff_changes){ 0 };
	r = policy_diff_segment(sweep->comparison, &segment, &sweep->found);
	return r ? r : join(sweep, high);
}

static int sweep_transport(struct sweep *sweep)
{
	int r = make_borders(sweep);

	sweep->open_count = 0;
	for (size_t i = 0; !r && i < sweep->borders.count; i++) {
		cross(sweep, &sweep->borders.list[i]);
		if (i + 1 < sweep->borders.count &&
		    sweep->borders.list[i + 1].port > sweep->borders.list[i].port)
			r = sweep_segment(sweep, sweep->borders.list[i].port,
					  sweep->borders.list[i + 1].port - 1);
	}
	return r;
}

/* For an order that is the same in every run: the first address, none before any. */
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
	return order ? order : compare_what(a, b);
}

static int sweep_all(struct sweep *sweep)
{
	int r = 0;

	for (int side = BEFORE; side < SIDES; side++) {
		size_t count = sweep->comparison->policies[side]->rules_count;

		sweep->active[side].rules = calloc(count + 1, sizeof(uint32_t));
		sweep->active[side].depth = calloc(count + 1, sizeof(uint32_t));
		if (!sweep->active[side].rules || !sweep->active[side].depth)
			return -ENOMEM;
	}
	for (int transport = 0; !r && transport < PORTSIEVE_TRANSPORTS; transport++) {
		sweep->transport = transport;
		r = sweep_transport(sweep);
	}
	return r;
}

int policy_diff_ports(const struct comparison *comparison)
{
	struct policy_diff_changes all = { 0 };
	struct sweep sweep = { .comparison = comparison, .all = &all };
	int r = sweep_all(&sweep);

	if (!r && all.count)
		qsort(all.list, all.count, sizeof(*all.list), compare_changes);
	comparison->diff->changes = all.list;
	comparison->diff->changes_count = all.count;
	free(sweep.borders.list);
	free(sweep.found.list);
	free(sweep.open);
	for (int side = BEFORE; side < SIDES; side++) {
		free(sweep.active[side].rules);
		free(sweep.active[side].depth);
	}
	return r;
}

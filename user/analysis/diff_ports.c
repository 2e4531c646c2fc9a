/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sweep over the ports of each transport: which rules of both policies match at a port changes
 * only where an interval begins or ends. The ports between are a segment.
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
	uint8_t transport;
	uint8_t side;
	bool ends;
};

/* The rules that match at the port that the sweep has reached. */
struct active {
	uint32_t *rules; /* ascending */
	size_t count;
	uint32_t *depth; /* by rule: its intervals that hold the port */
};

struct sweep {
	struct comparison *comparison;
	struct border *borders;
	size_t borders_count;
	struct active active[SIDES];
	struct policy_diff_changes all;
	size_t *open; /* in `all`: the changes of the segment before, sorted by compare_what */
	size_t open_count;
};

static void sweep_free(struct sweep *sweep)
{
	free(sweep->borders);
	free(sweep->all.list);
	free(sweep->open);
	for (int side = BEFORE; side < SIDES; side++) {
		free(sweep->active[side].rules);
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

	if (a->transport != b->transport)
		return a->transport - b->transport;
	return (a->port > b->port) - (a->port < b->port);
}

static void add_borders(struct sweep *sweep, int side, uint32_t number)
{
	const struct policy_rule *rule = &sweep->comparison->policies[side]->rules[number];

	for (size_t i = 0; i < rule->intervals_count; i++) {
		const struct policy_interval *interval = &rule->intervals[i];
		struct border border = { interval->low, number, interval->transport, side, false };

		sweep->borders[sweep->borders_count++] = border;
		border.port = interval->high + 1u;
		border.ends = true;
		sweep->borders[sweep->borders_count++] = border;
	}
}

static bool is_dhcp_client(uint8_t transport, uint32_t port)
{
	return transport == PORTSIEVE_UDP &&
	       (port == DHCP_CLIENT_PORT || port == DHCPV6_CLIENT_PORT);
}

/* All borders, ascending, with the ends of the ports and those of the DHCP client's. */
static int make_borders(struct sweep *sweep)
{
	static const uint32_t fixed[] = { 0, 68, 69, 546, 547, PORTSIEVE_PORTS };
	const struct policy *const *policies = sweep->comparison->policies;
	size_t room = ARRAY_SIZE(fixed) * PORTSIEVE_TRANSPORTS;

	for (int side = BEFORE; side < SIDES; side++)
		for (size_t i = 0; i < policies[side]->rules_count; i++)
			room += 2 * policies[side]->rules[i].intervals_count;
	sweep->borders = calloc(room, sizeof(*sweep->borders));
	if (!sweep->borders)
		return -ENOMEM;
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++)
		for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
			sweep->borders[sweep->borders_count++] =
				(struct border){ fixed[i], NO_RULE, transport, 0, false };
	for (int side = BEFORE; side < SIDES; side++)
		for (size_t i = 0; i < policies[side]->rules_count; i++)
			add_borders(sweep, side, i);
	qsort(sweep->borders, sweep->borders_count, sizeof(*sweep->borders), compare_borders);
	return 0;
}

/* The place of the rule among the active ones. */
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

static struct contenders contenders_of(const struct sweep *sweep, int side,
				       const struct border *border)
{
	const struct policy *policy = sweep->comparison->policies[side];
	bool dhcp = policy->default_action == POLICY_DROP && policy->dhcp_client &&
		    is_dhcp_client(border->transport, border->port);
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

/* Widens the changes of the segment before that go on in this one, and adds the others. */
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

		while (o < sweep->open_count) {
			order = compare_what(&all->list[sweep->open[o]], change);
			if (order >= 0)
				break;
			o++;
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
		qsort(found.list, found.count, sizeof(*found.list), compare_what);
	return join(sweep, &found);
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

int policy_diff_ports(struct comparison *comparison)
{
	__attribute__((cleanup(sweep_free))) struct sweep sweep = { .comparison = comparison };
	int r;

	for (int side = BEFORE; side < SIDES; side++) {
		size_t count = comparison->policies[side]->rules_count;

		sweep.active[side].rules = calloc(count + 1, sizeof(uint32_t));
		sweep.active[side].depth = calloc(count + 1, sizeof(uint32_t));
		if (!sweep.active[side].rules || !sweep.active[side].depth)
			return -ENOMEM;
	}
	r = make_borders(&sweep);
	if (r)
		return r;
	for (size_t i = 0; i + 1 < sweep.borders_count; i++) {
		const struct border *border = &sweep.borders[i];

		cross(&sweep, border);
		if (compare_borders(border, border + 1) && border->transport == border[1].transport)
			r = sweep_segment(&sweep, border);
		if (r)
			return r;
	}
	if (sweep.all.count)
		qsort(sweep.all.list, sweep.all.count, sizeof(*sweep.all.list), compare_changes);
	comparison->diff->changes_count = sweep.all.count;
	comparison->diff->changes = TAKE_PTR(sweep.all.list);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares an image and its rows with the listeners. */
#include "analysis/drift.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/port_set.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/deadline.h"

void drift_free(struct drift *drift)
{
	for (size_t i = 0; i < drift->unused_count; i++)
		free(drift->unused[i].ports);
	free(drift->denied);
	free(drift->unused);
	free(drift->idle);
	*drift = (struct drift){ 0 };
}

static const struct portsieve_rule *rule_of(const struct portsieve_image *image, uint32_t range_id)
{
	return range_id < PORTSIEVE_RANGE_RULES ? NULL : &image->rule[image->range[range_id].rule];
}

/* Does an allow rule before range `end` that has not ended name the port? */
static bool allowed_before(const struct drift_policy *policy, enum portsieve_transport transport,
			   uint16_t port, uint32_t end)
{
	const struct portsieve_image *image = policy->image;
	uint32_t end_rule = end < PORTSIEVE_RANGE_RULES ? UINT32_MAX : image->range[end].rule;

	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
		const struct portsieve_range *range = &image->range[id];

		if (range->rule < end_rule && !range->drop && range->transport == transport &&
		    port >= range->low && port <= range->high &&
		    !has_ended(image->rule[range->rule].until_ns, policy->now_ns))
			return true;
	}
	return false;
}

/*
 * Does the policy drop the port's packets from every source? *ret_range is then the range that
 * drops them. A port with conditions on addresses counts as allowed if any rule allows it to
 * someone.
 */
static bool is_denied(const struct drift_policy *policy, enum portsieve_transport transport,
		      uint16_t port, uint32_t *ret_range)
{
	const struct portsieve_image *image = policy->image;
	uint32_t entry = image->port[transport][port];
	uint32_t otherwise = entry;

	if (is_reference(entry)) {
		const struct portsieve_port_class *class =
			&image->port_class[reference_number(entry)];

		entry = class->condition;
		otherwise = class->otherwise;
	}
	while (entry != PORTSIEVE_ENTRY_FALL && is_reference(entry)) {
		const struct portsieve_condition *condition =
			&image->condition[reference_number(entry)];

		if (condition->kind != PORTSIEVE_BY_TIME) {
			if (allowed_before(policy, transport, port,
					   otherwise & PORTSIEVE_ENTRY_RANGE))
				return false;
			entry = PORTSIEVE_ENTRY_FALL;
		} else if (has_ended(condition->until_ns, policy->now_ns)) {
			entry = condition->otherwise;
		} else {
			entry = condition->then;
		}
	}
	if (entry == PORTSIEVE_ENTRY_FALL)
		entry = otherwise;
	*ret_range = entry & PORTSIEVE_ENTRY_RANGE;
	return entry & PORTSIEVE_ENTRY_DROP;
}

static int add_denied(const struct drift_policy *policy, const struct listener *listeners,
		      size_t count, struct drift *drift)
{
	for (size_t i = 0; i < count; i++) {
		const struct listener *listener = &listeners[i];
		const struct portsieve_rule *rule;
		struct drift_denied *denied;
		uint32_t range = 0;

		if (listener->loopback || listener_is_client(listener) ||
		    !is_denied(policy, listener->transport, listener->port, &range))
			continue;
		denied = array_room(drift->denied, drift->denied_count, sizeof(*denied));
		if (!denied)
			return -ENOMEM;
		drift->denied = denied;
		rule = rule_of(policy->image, range);
		denied[drift->denied_count++] = (struct drift_denied){
			.listener = i,
			.rule = rule ? rule->name : NULL,
		};
	}
	return 0;
}

/* The ranges [*id, end) of one rule; moves *id to the end. Ranges are in the order of rules. */
static const struct portsieve_rule *next_rule(const struct portsieve_image *image, uint32_t *id)
{
	uint16_t rule = image->range[*id].rule;

	while (*id < image->ranges && image->range[*id].rule == rule)
		++*id;
	return &image->rule[rule];
}

static int add_unused_rule(const struct drift_policy *policy, const struct port_set *listening,
			   const struct portsieve_rule *rule, uint32_t from, uint32_t to,
			   struct drift *drift)
{
	_cleanup_free_ struct port_set *set = NULL;
	const struct portsieve_range *ranges = policy->image->range;
	struct drift_unused *unused;
	uint32_t ports = 0, denying;
	bool any = false;

	for (uint32_t id = from; id < to && ports <= DRIFT_PORTS_MAX; id++)
		ports += ranges[id].high - ranges[id].low + 1u;
	if (ports > DRIFT_PORTS_MAX)
		return 0;
	set = calloc(1, sizeof(*set));
	if (!set)
		return -ENOMEM;
	for (uint32_t id = from; id < to; id++)
		for (uint32_t port = ranges[id].low; port <= ranges[id].high; port++) {
			enum portsieve_transport transport = ranges[id].transport;

			if (port_set_has(listening, transport, (uint16_t)port) ||
			    is_denied(policy, transport, (uint16_t)port, &denying))
				continue;
			port_set_add(set, transport, (uint16_t)port);
			any = true;
		}
	if (!any)
		return 0;
	unused = array_room(drift->unused, drift->unused_count, sizeof(*unused));
	if (!unused)
		return -ENOMEM;
	drift->unused = unused;
	unused += drift->unused_count;
	*unused = (struct drift_unused){ .rule = rule->name, .ports = port_set_print(set) };
	if (!unused->ports)
		return -ENOMEM;
	drift->unused_count++;
	return 0;
}

static int add_unused(const struct drift_policy *policy, const struct listener *listeners,
		      size_t count, struct drift *drift)
{
	_cleanup_free_ struct port_set *listening = calloc(1, sizeof(*listening));
	const struct portsieve_image *image = policy->image;
	uint32_t id = PORTSIEVE_RANGE_RULES;
	int r = 0;

	if (!listening)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!listeners[i].loopback)
			port_set_add(listening, listeners[i].transport, listeners[i].port);
	while (id < image->ranges && !r) {
		uint32_t from = id;
		const struct portsieve_rule *rule = next_rule(image, &id);

		if (!rule->drop && !has_ended(rule->until_ns, policy->now_ns))
			r = add_unused_rule(policy, listening, rule, from, id, drift);
	}
	return r;
}

static bool is_zero(const struct portsieve_counter *row)
{
	uint64_t packets = 0;

	for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
		packets |= row->verdict[v].packets;
	return !packets;
}

static int add_idle(const struct drift_policy *policy, struct drift *drift)
{
	const struct portsieve_image *image = policy->image;
	uint32_t id = PORTSIEVE_RANGE_RULES;

	while (id < image->ranges) {
		uint32_t from = id;
		const struct portsieve_rule *rule = next_rule(image, &id);
		uint32_t *idle;

		while (from < id && is_zero(&policy->rows[image->counter[from]]))
			from++;
		if (from < id || has_ended(rule->until_ns, policy->now_ns))
			continue;
		idle = array_room(drift->idle, drift->idle_count, sizeof(*idle));
		if (!idle)
			return -ENOMEM;
		drift->idle = idle;
		idle[drift->idle_count++] = (uint32_t)(rule - image->rule);
	}
	return 0;
}

int drift_find(const struct drift_policy *policy, const struct listener *listeners, size_t count,
	       struct drift *ret_drift)
{
	_cleanup_drift_ struct drift drift = { .listeners_known = listeners };
	int r = add_idle(policy, &drift);

	if (!r && listeners)
		r = add_denied(policy, listeners, count, &drift)
			    ?: add_unused(policy, listeners, count, &drift);
	if (r)
		return r;
	*ret_drift = drift;
	drift = (struct drift){ 0 };
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares an image and its rows with the listeners. */
#include "analysis/drift.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/port_set.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "compile/range_order.h"

void drift_free(struct drift *drift)
{
	for (size_t i = 0; i < drift->unused_count; i++)
		free(drift->unused[i].ports);
	free(drift->denied);
	free(drift->unused);
	free(drift->reachable);
	free(drift->idle);
	*drift = (struct drift){ 0 };
}

static const struct portsieve_rule *rule_of(const struct portsieve_image *image, uint32_t range_id)
{
	return range_id < PORTSIEVE_RANGE_RULES ? NULL : &image->rule[image->range[range_id].rule];
}

/* Does an allow rule before range `end` that has not ended name the port? Sets its range. */
static bool allowed_before(const struct drift_policy *policy, enum portsieve_transport transport,
			   uint16_t port, uint32_t end, uint32_t *ret_range)
{
	const struct portsieve_image *image = policy->image;
	uint32_t end_rule = end < PORTSIEVE_RANGE_RULES ? UINT32_MAX : image->range[end].rule;

	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
		const struct portsieve_range *range = &image->range[id];

		if (range->rule < end_rule && !range->drop &&
		    (range->transport == transport || range->transport == PORTSIEVE_ANY) &&
		    port >= range->low && port <= range->high &&
		    !has_ended(image->rule[range->rule].until_ns, policy->now_ns)) {
			*ret_range = id;
			return true;
		}
	}
	return false;
}

enum drift_port drift_port_find(const struct drift_policy *policy,
				enum portsieve_transport transport, uint16_t port,
				uint32_t *ret_range)
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
					   otherwise & PORTSIEVE_ENTRY_RANGE, ret_range))
				return DRIFT_PORT_ALLOWED;
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
	if (!(entry & PORTSIEVE_ENTRY_DROP))
		return DRIFT_PORT_ALLOWED;
	return ids_have(&image->enforced, *ret_range) ? DRIFT_PORT_DENIED : DRIFT_PORT_MONITORED;
}

bool drift_is_reachable(const struct drift_policy *policy, const struct listener *listener)
{
	const struct portsieve_image *image = policy->image;
	bool is_ephemeral = listener->port >= image->host.ephemeral_low &&
			    listener->port <= image->host.ephemeral_high;
	uint32_t range;

	return listener->transport == PORTSIEVE_UDP && !listener->loopback &&
	       image->flags & PORTSIEVE_IMAGE_RETURN_SOCKET &&
	       (image->flags & PORTSIEVE_IMAGE_UDP_ANY ||
		(image->flags & PORTSIEVE_IMAGE_UDP_EPHEMERAL && is_ephemeral)) &&
	       !(image->flags & PORTSIEVE_IMAGE_MONITOR) &&
	       drift_port_find(policy, listener->transport, listener->port, &range) ==
		       DRIFT_PORT_DENIED &&
	       !ids_have(&image->final, range);
}

static int add_reachable(size_t listener, struct drift *drift)
{
	size_t *reachable =
		array_room(drift->reachable, drift->reachable_count, sizeof(*reachable));

	if (!reachable)
		return -ENOMEM;
	drift->reachable = reachable;
	reachable[drift->reachable_count++] = listener;
	return 0;
}

static int add_denied(const struct drift_policy *policy, const struct listener *listeners,
		      size_t count, struct drift *drift)
{
	for (size_t i = 0; i < count; i++) {
		const struct listener *listener = &listeners[i];
		const struct portsieve_rule *rule;
		struct drift_denied *denied;
		enum drift_port found;
		uint32_t range = 0;

		if (drift_is_reachable(policy, listener)) {
			if (add_reachable(i, drift))
				return -ENOMEM;
			continue;
		}
		if (listener->loopback || listener_is_client(listener))
			continue;
		found = drift_port_find(policy, listener->transport, listener->port, &range);
		if (found == DRIFT_PORT_ALLOWED)
			continue;
		denied = array_room(drift->denied, drift->denied_count, sizeof(*denied));
		if (!denied)
			return -ENOMEM;
		drift->denied = denied;
		rule = rule_of(policy->image, range);
		denied[drift->denied_count++] = (struct drift_denied){
			.listener = i,
			.rule = rule ? rule->name : NULL,
			.monitored = found == DRIFT_PORT_MONITORED,
		};
	}
	return 0;
}

static int add_unused_rule(const struct drift_policy *policy, const struct port_set *listening,
			   const struct rule_ranges *of_rule, struct drift *drift)
{
	_cleanup_free_ struct port_set *set = NULL;
	const struct portsieve_range *ranges = policy->image->range;
	struct drift_unused *unused;
	uint32_t ports = 0, denying;
	bool any = false;

	for (uint32_t id = of_rule->first; id < of_rule->end && ports <= DRIFT_PORTS_MAX; id++)
		ports += ranges[id].high - ranges[id].low + 1u;
	if (ports > DRIFT_PORTS_MAX)
		return 0;
	set = calloc(1, sizeof(*set));
	if (!set)
		return -ENOMEM;
	for (uint32_t id = of_rule->first; id < of_rule->end; id++)
		for (uint32_t port = ranges[id].low; port <= ranges[id].high; port++) {
			enum portsieve_transport transport = ranges[id].transport;

			if (port_set_has(listening, transport, (uint16_t)port) ||
			    drift_port_find(policy, transport, (uint16_t)port, &denying) ==
				    DRIFT_PORT_DENIED)
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
	*unused = (struct drift_unused){ .rule = policy->image->rule[of_rule->rule].name,
					 .ports = port_set_print(set) };
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
	struct rules_walk walk = rules_walk_begin(image);
	struct rule_ranges ranges;
	int r = 0;

	if (!listening)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!listeners[i].loopback)
			port_set_add(listening, listeners[i].transport, listeners[i].port);
	while (!r && rules_walk_next(&walk, &ranges)) {
		const struct portsieve_rule *rule = &image->rule[ranges.rule];

		if (!rule->drop && !has_ended(rule->until_ns, policy->now_ns))
			r = add_unused_rule(policy, listening, &ranges, drift);
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
	struct rules_walk walk = rules_walk_begin(image);
	struct rule_ranges ranges;

	while (rules_walk_next(&walk, &ranges)) {
		uint32_t id = ranges.first, *idle;

		while (id < ranges.end && is_zero(&policy->rows[image->counter[id]]))
			id++;
		if (id < ranges.end || has_ended(image->rule[ranges.rule].until_ns, policy->now_ns))
			continue;
		idle = array_room(drift->idle, drift->idle_count, sizeof(*idle));
		if (!idle)
			return -ENOMEM;
		drift->idle = idle;
		idle[drift->idle_count++] = ranges.rule;
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

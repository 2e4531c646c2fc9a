// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which range a packet is counted in: that of the first rule that has its port and its addresses
 * and has not ended, else a built-in one. A plain search over the rules and prefixes, where the
 * program has tables.
 */
#include "ranges.h"

#include <string.h>

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define HIGHEST_SYSTEM 1023
#define HIGHEST_USER   49151

static bool covers(const struct oracle_interval *interval, const char *transport, int64_t port)
{
	return interval->low <= port && port <= interval->high &&
	       !strcmp(interval->transport, transport);
}

/* Intervals of one rule that share a port are one; each round takes in what touches the last. */
static void merge_overlapping(const struct oracle_rule *rule, const char *transport,
			      struct range *range)
{
	for (bool grown = true; grown;) {
		grown = false;
		for (size_t i = 0; i < rule->interval_count; i++) {
			const struct oracle_interval *other = &rule->intervals[i];

			if (other->high < range->low || other->low > range->high ||
			    (other->low >= range->low && other->high <= range->high) ||
			    strcmp(other->transport, transport))
				continue;
			range->low = other->low < range->low ? other->low : range->low;
			range->high = other->high > range->high ? other->high : range->high;
			grown = true;
		}
	}
}

static bool rule_find(const struct oracle_rule *rule, const char *transport, int64_t port,
		      struct range *ret_range)
{
	*ret_range = (struct range){
		.name = rule->name,
		.is_rule = true,
		.drop = rule->drop,
		.monitored = rule->monitor,
		.high = UINT16_MAX,
		.names_addresses = true,
		.portless = true,
	};
	if (!rule->interval_count)
		return true;
	for (size_t i = 0; i < rule->interval_count; i++) {
		const struct oracle_interval *interval = &rule->intervals[i];

		if (!covers(interval, transport, port))
			continue;
		*ret_range = (struct range){
			.name = rule->name,
			.is_rule = true,
			.drop = rule->drop,
			.monitored = rule->monitor,
			.low = interval->low,
			.high = interval->high,
			.names_addresses = rule->from.count || rule->to.count,
		};
		merge_overlapping(rule, transport, ret_range);
		return true;
	}
	return false;
}

static bool prefix_has(const struct oracle_prefix *prefix, enum oracle_family family,
		       const uint8_t *address)
{
	if (prefix->family != family)
		return false;
	for (int bit = 0; bit < prefix->length; bit++)
		if ((prefix->address[bit / 8] ^ address[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

static bool prefixes_have(const struct oracle_prefixes *prefixes, enum oracle_family family,
			  const uint8_t *address)
{
	for (size_t i = 0; i < prefixes->count; i++)
		if (prefix_has(&prefixes->list[i], family, address))
			return true;
	return prefixes->count == 0;
}

static bool is_from(const struct oracle_rule *rule, const struct subject *subject)
{
	return prefixes_have(&rule->from, subject->family, subject->source);
}

static bool rule_applies(const struct oracle_rule *rule, const struct subject *subject)
{
	return !rule->ended && (rule->only_from || is_from(rule, subject)) &&
	       prefixes_have(&rule->to, subject->family, subject->destination);
}

static struct range built_in_range(const struct oracle_policy *policy, int64_t port)
{
	const bool drop = policy->default_drop;
	const struct range built_in[] = {
		{ .name = "_port0", .drop = drop, .low = 0, .high = 0 },
		{ .name = "_system", .drop = drop, .low = 1, .high = HIGHEST_SYSTEM },
		{ .name = "_user", .drop = drop, .low = HIGHEST_SYSTEM + 1, .high = HIGHEST_USER },
		{ .name = "_dynamic", .drop = drop, .low = HIGHEST_USER + 1, .high = UINT16_MAX },
	};

	for (size_t i = 0; i < COUNT(built_in); i++)
		if (port >= built_in[i].low && port <= built_in[i].high)
			return built_in[i];
	return (struct range){ 0 };
}

/* What counts the packet if the policy has only the rules that are enforced, or only the others. */
static struct range range_among(const struct oracle_policy *policy, const struct subject *subject,
				bool monitored, size_t count, size_t *ret_index)
{
	bool passed_over = false;
	struct range range;

	for (size_t i = 0; i < count; i++) {
		const struct oracle_rule *rule = &policy->rules[i];

		if (rule->monitor != monitored ||
		    !rule_find(rule, subject->transport, subject->port, &range))
			continue;
		*ret_index = i;
		range.drop |= rule->only_from && !is_from(rule, subject);
		if (rule_applies(rule, subject))
			return range;
		passed_over = passed_over || !range.portless;
	}
	*ret_index = count;
	range = built_in_range(policy, subject->port);
	range.monitored = policy->default_monitor;
	range.passed_over = passed_over;
	return range;
}

/* Would the default drop it, but for being only monitored? */
static bool default_passes(const struct oracle_policy *policy, const struct subject *subject)
{
	bool for_dhcp_client = policy->dhcp_client && !strcmp(subject->transport, "udp") &&
			       (subject->port == 68 || subject->port == 546);

	return !policy->default_drop || policy->default_monitor || for_dhcp_client;
}

/*
 * The policy without its monitored rules decides. If that passes the packet, the first monitored
 * rule before the decider that would drop it counts it.
 */
struct range range_of(const struct oracle_policy *policy, const struct subject *subject)
{
	size_t decider, index;
	struct range range = range_among(policy, subject, false, policy->rule_count, &decider);
	struct range monitored = range_among(policy, subject, true, decider, &index);
	bool passes = range.is_rule ? !range.drop : default_passes(policy, subject);

	if (range.portless && !range.drop && subject->has_bad_flags)
		return range; /* U3: the knob decides */
	return passes && index < decider ? monitored : range;
}

bool portless_range_of(const struct oracle_policy *policy, const struct portless_subject *packet,
		       struct range *ret_range)
{
	const struct oracle_rule *monitored = NULL, *decider = NULL;

	for (size_t i = 0; i < policy->rule_count && !decider; i++) {
		const struct oracle_rule *rule = &policy->rules[i];

		if (rule->interval_count || (packet->is_unlifted && !rule->drop) ||
		    !rule_applies(rule, &packet->subject))
			continue;
		if (!rule->monitor)
			decider = rule;
		else if (!monitored)
			monitored = rule;
	}
	if (monitored && !(decider ? decider->drop : packet->knob_drops))
		decider = monitored;
	return decider && rule_find(decider, NULL, 0, ret_range);
}

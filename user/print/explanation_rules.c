/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules for a packet, reconstructed from the image, which has ranges and conditions but not
 * each rule's addresses. A rule for its port before the deciding one did not match: it has ended,
 * or has other addresses.
 */
#include <string.h>

#include "base/deadline.h"
#include "compile/range_order.h"
#include "policy/policy.h"
#include "print/explanation.h"

/* The conditions that a packet to a port may reach. */
struct reach {
	bool is_in[PORTSIEVE_CONDITIONS_MAX];
	bool has_grown;
};

static void reach_add(struct reach *reach, uint16_t entry)
{
	uint32_t number;

	if (!is_reference(entry) || entry == PORTSIEVE_ENTRY_FALL)
		return;
	number = reference_number(entry);
	if (number >= PORTSIEVE_CONDITIONS_MAX || reach->is_in[number])
		return;
	reach->is_in[number] = true;
	reach->has_grown = true;
}

/*
 * Repeats until no condition is added. A source condition leads to another one, to destination and
 * time conditions, a destination condition to time conditions, so a few rounds suffice.
 */
static void reach_from(struct reach *reach, const struct portsieve_image *image, uint16_t entry)
{
	memset(reach, 0, sizeof(*reach));
	reach_add(reach, entry);
	while (reach->has_grown) {
		reach->has_grown = false;
		for (uint32_t i = 0; i < PORTSIEVE_CONDITIONS_MAX; i++) {
			if (!reach->is_in[i])
				continue;
			reach_add(reach, image->condition[i].otherwise);
			if (image->condition[i].kind == PORTSIEVE_BY_TIME)
				reach_add(reach, image->condition[i].then);
		}
		for (uint32_t i = 0; i < PORTSIEVE_CELLS; i++) {
			uint32_t owner = image->cell[i].condition; /* number + 1; 0: empty */

			if (owner && owner <= PORTSIEVE_CONDITIONS_MAX && reach->is_in[owner - 1])
				reach_add(reach, image->cell[i].entry);
		}
	}
}

static bool range_has(const struct portsieve_range *range, const struct packet_verdict *verdict)
{
	return range->transport == PORTSIEVE_ANY ||
	       (range->transport == verdict->transport && verdict->port >= range->low &&
		verdict->port <= range->high);
}

/* Finds the rules for the port, before the deciding one, that did not match. */
static void find_skipped(const struct explanation *explanation, struct port_rules *rules)
{
	const struct portsieve_image *image = explanation->image;
	const struct packet_verdict *verdict = &explanation->verdict;
	uint32_t end = verdict->range_id < PORTSIEVE_RANGE_RULES
			       ? image->rules
			       : image->range[verdict->range_id].rule;
	struct rules_walk walk = rules_walk_begin(image);
	struct rule_ranges ranges;

	while (rules_walk_next(&walk, &ranges) && ranges.rule < end) {
		const struct portsieve_rule *rule = &image->rule[ranges.rule];
		uint32_t id = ranges.first;

		while (id < ranges.end && !range_has(&image->range[id], verdict))
			id++;
		/* a monitored rule may match without deciding; one without ports that allows does
		 * not match all packets without a port */
		if (id == ranges.end || rule->monitor || (!verdict->protocol && !rule->drop))
			continue;
		if (has_ended(rule->until_ns, (uint64_t)explanation->host.boottime_ns)) {
			rules->ended = rules->ended ? rules->ended : rule;
		} else {
			rules->elsewhere = rules->elsewhere ? rules->elsewhere : rule;
			rules->elsewhere_count++;
		}
	}
}

struct port_rules port_rules_of(const struct explanation *explanation)
{
	const struct portsieve_image *image = explanation->image;
	const struct packet_verdict *verdict = &explanation->verdict;
	/* of a packet without a port, any entry will do: they come from the same rules */
	uint16_t entry = verdict->protocol ? image->port[verdict->transport][verdict->port]
					   : image->portless[0];
	struct port_rules rules = { 0 };
	const struct portsieve_port_class *class;
	struct reach reach;

	if (!is_reference(entry) || reference_number(entry) > PORTSIEVE_PORT_CLASSES_MAX)
		return rules; /* one rule, or the default, decides all such packets */
	class = &image->port_class[reference_number(entry)];
	rules.decider_is_conditional =
		verdict->range_id >= PORTSIEVE_RANGE_RULES &&
		(class->otherwise & PORTSIEVE_ENTRY_RANGE) != verdict->range_id;
	reach_from(&reach, image, class->condition);
	for (uint32_t i = 0; i < PORTSIEVE_CONDITIONS_MAX; i++) {
		if (!reach.is_in[i])
			continue;
		rules.by_source |= image->condition[i].kind == PORTSIEVE_BY_SOURCE;
		rules.by_destination |= image->condition[i].kind == PORTSIEVE_BY_DESTINATION;
	}
	find_skipped(explanation, &rules);
	return rules;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The oracle's policy: the names and defaults of the knobs. Knows no packets.
 */
#include "oracle.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum knob_default {
	ALLOW,
	DROP,
	THE_DEFAULT,
	DROP_IF_ANY,	  /* drop where the policy drops anything */
	ALLOW_IN_TRANSIT, /* allow where the host forwards IPv6, else the default */
};

static const struct {
	const char *name;
	enum knob_default when_left_out;
} knobs[] = {
#define KNOB(number, name, when_left_out) { name, when_left_out },
#include "knobs.inc"
#undef KNOB
};
static_assert(sizeof(knobs) / sizeof(knobs[0]) == KNOB_COUNT, "every knob has a name");

void oracle_policy_defaults(struct oracle_policy *policy, bool default_drop, bool forwards_ipv6)
{
	const bool drops[] = {
		[ALLOW] = false,
		[DROP] = true,
		[THE_DEFAULT] = default_drop,
		[DROP_IF_ANY] = default_drop,
		[ALLOW_IN_TRANSIT] = default_drop && !forwards_ipv6,
	};

	*policy = (struct oracle_policy){ .default_drop = default_drop, .dhcp_client = true };
	for (size_t i = 0; i < KNOB_COUNT; i++)
		policy->knob_drops[i] = drops[knobs[i].when_left_out];
}

void oracle_policy_rules(struct oracle_policy *policy, const struct oracle_rule *rules,
			 size_t count)
{
	bool enforces = policy->default_drop && !policy->default_monitor;

	policy->rules = rules;
	policy->rule_count = count;
	for (size_t j = 0; j < count; j++)
		enforces = enforces || rules[j].only_from || (rules[j].drop && !rules[j].monitor);
	for (size_t i = 0; i < KNOB_COUNT; i++) {
		switch (knobs[i].when_left_out) {
		case ALLOW:
		case DROP:
			break;
		case DROP_IF_ANY:
			for (size_t j = 0; j < count; j++)
				policy->knob_drops[i] = policy->knob_drops[i] || rules[j].drop ||
							rules[j].only_from;
			policy->knob_monitors[i] = !enforces;
			break;
		case THE_DEFAULT:
		case ALLOW_IN_TRANSIT:
			policy->knob_monitors[i] = policy->default_monitor;
			break;
		}
	}
}

int oracle_policy_set(struct oracle_policy *policy, const char *knob, bool drop)
{
	for (size_t i = 0; i < KNOB_COUNT; i++) {
		if (strcmp(knobs[i].name, knob))
			continue;
		policy->knob_drops[i] = drop;
		policy->knob_monitors[i] = false;
		return 0;
	}
	return -ENOENT;
}

const char *oracle_knob_name(enum oracle_knob knob)
{
	return knobs[knob].name;
}

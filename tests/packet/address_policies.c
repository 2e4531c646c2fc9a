// SPDX-License-Identifier: GPL-2.0-or-later
/* Random rules, drawn from small tables. */
#include "address_policies.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define ALL_ONES "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

/* Prefixes of these addresses contain or touch each other. */
static const char addresses4[][5] = {
	"\0\0\0\0",	    "\x0a\0\0\0",     "\x0a\x01\x02\x03", "\x0a\x01\x02\x04",
	"\x0a\xff\xff\xff", "\xc0\0\x02\x07", "\xc0\0\x02\x80",	  "\xff\xff\xff\xff",
};
static const char addresses6[][17] = {
	"",
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01",
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02",
	"\x20\x01\x0d\xb8\0\x01\0\0\0\0\0\0\0\0\0\x01",
	"\x20\x01\x0d\xb8\x80\0\0\0\0\0\0\0\x80\0\0\0",
	"\xc0\0\x02\x07\0\0\0\0\0\0\0\0\0\0\0\0", /* begins like an IPv4 address */
	"\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01",
	ALL_ONES "\xff",
};
static const uint8_t lengths4[] = { 0, 1, 2, 8, 9, 16, 23, 24, 25, 29, 30, 31, 32, 32, 32 };
static const uint8_t lengths6[] = { 0,	1,  2,	3,  16,	 31,  32,  33,	47,  48, 63,
				    64, 65, 96, 97, 120, 126, 127, 128, 128, 128 };
static const uint16_t borders[] = { 0,	 1,   22,   53,	  67,	68,   80,    443,   546,
				    547, 999, 1023, 1024, 8080, 8443, 49151, 49152, 65535 };

/* A linear congruential step (Knuth's MMIX). */
static uint32_t chance(uint64_t *state, uint32_t limit)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % limit;
}

#define PICK(state, array) ((array)[chance(state, ARRAY_SIZE(array))])

static struct oracle_interval make_interval(uint64_t *state)
{
	static const char *const transports[] = {
		"tcp", "tcp", "tcp", "udp", "udp", "sctp", "dccp"
	};
	uint16_t low = PICK(state, borders), high = PICK(state, borders);

	if (chance(state, 3) == 0)
		high = low;
	return (struct oracle_interval){ PICK(state, transports), low < high ? low : high,
					 low < high ? high : low };
}

static struct oracle_prefix make_prefix(uint64_t *state)
{
	bool ipv6 = chance(state, 2);
	struct oracle_prefix prefix = { .family = ipv6 ? ORACLE_IPV6 : ORACLE_IPV4 };

	if (ipv6)
		memcpy(prefix.address, PICK(state, addresses6), 16);
	else
		memcpy(prefix.address, PICK(state, addresses4), 4);
	prefix.length = ipv6 ? PICK(state, lengths6) : PICK(state, lengths4);
	for (int bit = prefix.length; bit < 128; bit++)
		prefix.address[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return prefix;
}

static struct oracle_prefixes make_prefixes(uint64_t *state, struct oracle_prefix *list)
{
	size_t count = chance(state, 2) ? 1 + chance(state, ADDRESS_PREFIXES_MAX) : 0;

	for (size_t i = 0; i < count; i++)
		list[i] = make_prefix(state);
	return (struct oracle_prefixes){ list, count };
}

static void make_rule(struct address_policy *policy, size_t index, uint64_t *state)
{
	struct oracle_rule *rule = &policy->rules[index];

	snprintf(policy->names[index], sizeof(policy->names[index]), "r%zu", index);
	*rule = (struct oracle_rule){
		.name = policy->names[index],
		.drop = chance(state, 2),
		.intervals = policy->intervals[index],
	};
	rule->monitor = rule->drop && chance(state, 3) == 0;
	rule->from = make_prefixes(state, policy->from[index]);
	rule->to = make_prefixes(state, policy->to[index]);
	if (!(rule->from.count || rule->to.count) || chance(state, 4))
		rule->interval_count = 1 + chance(state, ADDRESS_INTERVALS_MAX);
	for (size_t i = 0; i < rule->interval_count; i++)
		policy->intervals[index][i] = make_interval(state);
	rule->only_from =
		!rule->drop && rule->interval_count && rule->from.count && chance(state, 2);
	if (index < policy->policy.runtime_count && chance(state, 4)) {
		rule->ends = true;
		rule->ended = chance(state, 2);
	}
}

void address_policy_make(struct address_policy *ret_policy, uint64_t seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15;
	struct oracle_policy *policy = &ret_policy->policy;

	memset(ret_policy, 0, sizeof(*ret_policy));
	oracle_policy_defaults(policy, chance(&state, 2), false);
	policy->default_monitor = policy->default_drop && chance(&state, 3) == 0;
	policy->dhcp_client = chance(&state, 2);
	policy->rules = ret_policy->rules;
	policy->rule_count = 1 + chance(&state, ADDRESS_RULES_MAX);
	policy->runtime_count = chance(&state, ADDRESS_RUNTIME_MAX + 1);
	if (policy->runtime_count > policy->rule_count)
		policy->runtime_count = policy->rule_count;
	for (size_t i = 0; i < policy->rule_count; i++)
		make_rule(ret_policy, i, &state);
	oracle_policy_rules(policy, ret_policy->rules, policy->rule_count);
}

static void teach_prefixes(const struct oracle_prefixes *prefixes, struct grammar *grammar)
{
	for (size_t i = 0; i < prefixes->count; i++)
		grammar_add_prefix(grammar, prefixes->list[i].address,
				   prefixes->list[i].family == ORACLE_IPV6,
				   prefixes->list[i].length);
}

void address_policy_teach(const struct address_policy *policy, struct grammar *grammar)
{
	for (size_t i = 0; i < policy->policy.rule_count; i++) {
		const struct oracle_rule *rule = &policy->rules[i];

		for (size_t j = 0; j < rule->interval_count; j++)
			grammar_add_range(grammar, rule->intervals[j].low, rule->intervals[j].high);
		teach_prefixes(&rule->from, grammar);
		teach_prefixes(&rule->to, grammar);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies with many rules, prefixes or ends, up to the compiler's limits. The caller frees them.
 */
#ifndef TESTS_LARGE_POLICIES_H
#define TESTS_LARGE_POLICIES_H

#include "lib/build_addresses.h"
#include "lib/build_policy.h"

enum large_policies {
	BLOCKED_PREFIXES = 100000,
	PAIRED_RULES = 370, /* of which two share each address: 68,265 addresses */
	NESTED_RULES = 256, /* 32,896 cells, one for each pair */
	OFFICES = 2000,	    /* would need two million cells with one per port and office */
	DIVIDED = 8000,
};

#define TEN	  0x0a000000u /* 10.0.0.0 */
#define ELSEWHERE 0xc0000201u /* 192.0.2.1 */

static inline struct policy_rule *add_numbered_rule(struct policy *policy, unsigned int number)
{
	char name[16];

	snprintf(name, sizeof(name), "r%u", number);
	return add_rule(policy, name, POLICY_ALLOW);
}

/* A rule for TCP ports low to high from an IPv4 prefix. */
static inline struct policy_rule *add_rule_from(struct policy *policy, unsigned int number,
						uint16_t low, uint16_t high, uint32_t network,
						uint8_t length)
{
	struct policy_rule *rule = add_numbered_rule(policy, number);
	struct policy_prefix prefix = prefix4(network, length);

	add_ports(rule, PORTSIEVE_TCP, low, high);
	add_prefix_of(&rule->from, &prefix);
	return rule;
}

/* Each address is in two rules, no two addresses in the same two: one class per address. */
static inline void make_pairs(struct policy *policy, unsigned int addresses)
{
	policy_init(policy);
	for (unsigned int i = 0; i < PAIRED_RULES; i++)
		add_ports(add_numbered_rule(policy, i), PORTSIEVE_TCP, (uint16_t)i, (uint16_t)i);
	for (unsigned int i = 0, n = 0; i < PAIRED_RULES; i++) {
		for (unsigned int j = i + 1; j < PAIRED_RULES && n < addresses; j++, n++) {
			/* odd addresses only: no two can be merged into a shorter prefix */
			struct policy_prefix prefix = prefix4(TEN + 2 * n + 1, 32);

			add_prefix_of(&policy->rules[i].from, &prefix);
			add_prefix_of(&policy->rules[j].from, &prefix);
		}
	}
}

static inline void make_conditions(struct policy *policy, unsigned int rules,
				   bool by_destination_too)
{
	policy_init(policy);
	for (unsigned int i = 0; i < rules; i++) {
		struct policy_rule *rule =
			add_rule_from(policy, i, (uint16_t)i, (uint16_t)i, TEN + 256 * i, 24);
		struct policy_prefix to = prefix4(ELSEWHERE + 256 * i, 32);

		if (by_destination_too)
			add_prefix_of(&rule->to, &to);
	}
}

/* Port p depends on the addresses of all rules up to the p-th. */
static inline void make_nested(struct policy *policy, unsigned int rules)
{
	policy_init(policy);
	for (unsigned int i = 0; i < rules; i++)
		add_rule_from(policy, i, (uint16_t)i, 65535, TEN + 256 * i, 24);
}

/*
 * Rules with wide, overlapping ranges and distinct addresses; with `nested`, overlapping prefixes
 * of any length in 10.0.0.0/8.
 */
static inline void make_wide(struct policy *policy, unsigned int rules, bool nested)
{
	uint64_t chance = rules;

	policy_init(policy);
	for (unsigned int i = 0; i < rules; i++) {
		uint16_t a = (uint16_t)random_below(&chance, 65536);
		uint16_t b = (uint16_t)random_below(&chance, 65536);
		uint8_t length = (uint8_t)(nested ? 10 + random_below(&chance, 15) : 24);
		uint32_t network = nested ? random_below(&chance, 1 << 24) : 256 * i;
		struct policy_prefix to = prefix4(ELSEWHERE + i, 32);
		struct policy_rule *rule =
			add_rule_from(policy, i, a < b ? a : b, a < b ? b : a,
				      (TEN + network) & ~0u << (32 - length), length);

		rule->action = random_below(&chance, 2) ? POLICY_ALLOW : POLICY_DROP;
		if (!nested)
			add_prefix_of(&rule->to, &to);
	}
}

/* A port for each of many offices, and all ports for the company: 10.0.0.0/8. */
static inline void make_offices(struct policy *policy, unsigned int offices, bool company_first)
{
	policy_init(policy);
	for (unsigned int i = 0; i <= offices; i++) {
		if (i == (company_first ? 0 : offices))
			add_rule_from(policy, i, 0, 65535, TEN, 8);
		else
			add_rule_from(policy, i, (uint16_t)i, (uint16_t)i, TEN + 256 * i, 24);
	}
}

/* One of 16 ports, at random. */
static inline uint16_t port_of(unsigned int i)
{
	return (uint16_t)(i * 2654435761u >> 28);
}

/* Each port has its own share of the addresses: 16 rows without common classes. */
static inline void make_divided(struct policy *policy)
{
	policy_init(policy);
	for (unsigned int i = 0; i < DIVIDED; i++)
		add_rule_from(policy, i, port_of(i), port_of(i), TEN + 2 * i, 32);
}

/* Each ends later than the previous one, so each decides for a while. */
static inline void make_ends(struct policy *policy, unsigned int rules, bool same_port)
{
	policy_init(policy);
	for (unsigned int i = 0; i < rules; i++) {
		struct policy_rule *rule = add_numbered_rule(policy, i);
		uint16_t port = same_port ? 22 : (uint16_t)(22 + i);

		rule->runtime = true;
		rule->until_ns = 1000 * (i + 1);
		policy->runtime_count++;
		add_ports(rule, PORTSIEVE_TCP, port, port);
	}
}

static inline struct policy_rule *add_block_list(struct policy *policy, unsigned int prefixes)
{
	struct policy_rule *rule = add_rule(policy, "blocklist", POLICY_DROP);

	add_ports(rule, PORTSIEVE_TCP, 0, 65535);
	for (unsigned int i = 0; i < prefixes; i++) {
		/* a gap after each: 10.0.0.0/29, not 10.0.0.8/29, 10.0.0.16/29 ... */
		struct policy_prefix prefix = prefix4(TEN + 16 * i, 29);

		add_prefix_of(&rule->from, &prefix);
	}
	return rule;
}

static inline void make_block_list(struct policy *policy)
{
	policy_init(policy);
	add_block_list(policy, BLOCKED_PREFIXES);
	add_ports(add_rule(policy, "ssh", POLICY_ALLOW), PORTSIEVE_TCP, 22, 22);
}

static inline void make_block_list_before_ranges(struct policy *policy)
{
	struct policy_rule *rule;

	policy_init(policy);
	add_block_list(policy, 1000);
	rule = add_rule(policy, "many", POLICY_ALLOW);
	for (unsigned int i = 0; i < PORTSIEVE_RANGES_MAX - 1; i++)
		add_ports(rule, PORTSIEVE_TCP, (uint16_t)(2 * i), (uint16_t)(2 * i));
}

#endif

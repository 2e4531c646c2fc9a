/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differences of random policies, in a universe so small that all prefixes overlap: a packet's
 * verdict by policy_decide changes if and only if a reported change contains the packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "diff_case.h"

static struct policy_prefix random_prefix(uint64_t *seed)
{
	static const uint8_t lengths[] = { 0, 1, 2, 3, 3, 32 };
	bool six = random_below(seed, 2);
	struct policy_prefix prefix = { .family = six ? POLICY_IPV6 : POLICY_IPV4 };
	uint8_t top = random_below(seed, 8) << 5;

	prefix.length = lengths[random_below(seed, sizeof(lengths))];
	if (prefix.length == 32 && six)
		prefix.length = 128;
	prefix.address[0] = prefix.length < 8 ? top & ~(0xff >> prefix.length) : top;
	return prefix;
}

static void add_random_prefixes(uint64_t *seed, struct policy_prefixes *prefixes)
{
	uint32_t count = random_below(seed, 2) ? 0 : random_below(seed, 5);

	while (count--)
		add_prefix(prefixes, random_prefix(seed));
}

static void add_random_rule(uint64_t *seed, struct policy *policy, const char *name)
{
	struct policy_rule *rule = add_rule(policy, name, random_below(seed, 2));

	rule->monitor = rule->action == POLICY_DROP && random_below(seed, 3) == 0;
	add_random_prefixes(seed, &rule->from);
	add_random_prefixes(seed, &rule->to);
	if ((rule->from.count || rule->to.count) && !random_below(seed, 3))
		return; /* for all packets */
	for (uint32_t i = 0; i < 1 + random_below(seed, 2); i++) {
		uint16_t low = 60 + random_below(seed, 12);

		add_ports(rule, random_below(seed, 2), low, low + random_below(seed, 8));
	}
	rule->only_from = rule->action == POLICY_ALLOW && rule->from.count && random_below(seed, 2);
}

static void copy_list(struct policy_prefixes *to, const struct policy_prefixes *from)
{
	for (size_t i = 0; i < from->count; i++)
		add_prefix(to, from->list[i]);
}

static void copy_rule(struct policy *policy, const char *name, const struct policy_rule *original)
{
	struct policy_rule *rule = add_rule(policy, name, original->action);

	rule->monitor = original->monitor;
	rule->only_from = original->only_from;
	for (size_t i = 0; i < original->intervals_count; i++)
		add_ports(rule, original->intervals[i].transport, original->intervals[i].low,
			  original->intervals[i].high);
	copy_list(&rule->from, &original->from);
	copy_list(&rule->to, &original->to);
}

/* Some rules of both are the same. */
static void add_random_rules(uint64_t *seed, struct case_of_two *two)
{
	for (int i = 0; i < 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "r%d", i);
		if (random_below(seed, 4))
			add_random_rule(seed, &two->old, name);
		if (two->old.rules_count && random_below(seed, 2))
			copy_rule(&two->new, name,
				  &two->old.rules[random_below(seed, two->old.rules_count)]);
		else if (random_below(seed, 4))
			add_random_rule(seed, &two->new, name);
	}
}

static struct policy_packet random_packet(uint64_t *seed)
{
	bool has_port = random_below(seed, 4);
	struct policy_packet packet = {
		.transport = has_port ? random_below(seed, 2) : PORTSIEVE_ANY,
		.port = has_port ? 58 + random_below(seed, 24) : 0,
	};
	bool six = random_below(seed, 2);

	packet.source.family = packet.destination.family = six ? POLICY_IPV6 : POLICY_IPV4;
	packet.source.length = packet.destination.length = six ? 128 : 32;
	packet.source.address[0] = random_below(seed, 8) << 5;
	packet.destination.address[0] = random_below(seed, 8) << 5;
	packet.source.address[3] = random_below(seed, 2);
	packet.destination.address[3] = random_below(seed, 2);
	return packet;
}

/* Knobs of packets without a port. */
static enum portsieve_knob random_knob(uint64_t *seed)
{
	static const uint8_t knobs[] = {
		PORTSIEVE_KNOB_LATER_FRAGMENT, PORTSIEVE_KNOB_TINY_FRAGMENT,
		PORTSIEVE_KNOB_OTHER_PROTOCOL, PORTSIEVE_KNOB_NO_PORT,
		PORTSIEVE_KNOB_ICMP_ECHO,      PORTSIEVE_KNOB_ICMP_OTHER,
		PORTSIEVE_KNOB_ICMPV6_ECHO,    PORTSIEVE_KNOB_ICMPV6_MOBILITY,
		PORTSIEVE_KNOB_ICMPV6_OTHER,   PORTSIEVE_KNOB_EXT_DEPTH,
		PORTSIEVE_KNOB_JUMBOGRAM,
	};

	return knobs[random_below(seed, sizeof(knobs))];
}

/* Of one policy, what becomes of a packet, and what its knob says if it has no port. */
struct fate {
	const struct policy_rule *rule;
	bool drop; /* or counted as a would-be drop */
	bool monitored;
};

static struct fate fate_of(const struct policy *policy, uint64_t drops, uint64_t counts,
			   struct policy_packet packet, enum portsieve_knob knob)
{
	bool has_port = packet.transport != PORTSIEVE_ANY;
	bool by_knob = drops >> knob & 1, counted = counts >> knob & 1;
	struct policy_decision decision;
	bool otherwise_monitored;

	packet.knob_drops = by_knob && !counted;
	packet.is_unlifted = knob == PORTSIEVE_KNOB_TINY_FRAGMENT ||
			     knob == PORTSIEVE_KNOB_EXT_DEPTH || knob == PORTSIEVE_KNOB_JUMBOGRAM;
	decision = policy_decide(policy, &packet);
	otherwise_monitored = has_port ? policy->default_monitor : counted;
	return (struct fate){
		.rule = decision.rule,
		.drop = has_port || decision.rule ? decision.drop : by_knob,
		.monitored = policy->monitor ||
			     (decision.rule ? decision.rule->monitor : otherwise_monitored),
	};
}

static int longest(const struct policy_prefixes *prefixes, const struct policy_prefix *address)
{
	int length = -1;

	for (size_t i = 0; i < prefixes->count; i++)
		if (prefixes->list[i].family == address->family &&
		    policy_prefix_holds(&prefixes->list[i], address) &&
		    prefixes->list[i].length > length)
			length = prefixes->list[i].length;
	return length;
}

static bool area_holds(const struct area *area, const struct policy_prefix *address)
{
	return !area || longest(&area->in, address) > longest(&area->except, address);
}

/* Which of two equal prefixes would be the longer one? */
static void assert_no_prefix_twice(const struct area *area)
{
	for (size_t i = 0; area && i < area->in.count; i++)
		for (size_t j = 0; j < area->except.count; j++)
			assert_memory_not_equal(&area->in.list[i], &area->except.list[j],
						sizeof(area->in.list[i]));
}

static bool change_holds(const struct policy_diff_change *change,
			 const struct policy_packet *packet, enum portsieve_knob knob)
{
	if (packet->transport == PORTSIEVE_ANY && !(change->knobs >> knob & 1))
		return false;
	return change->transport == packet->transport && change->low <= packet->port &&
	       packet->port <= change->high && area_holds(change->from, &packet->source) &&
	       area_holds(change->to, &packet->destination);
}

/* Is the packet in one change if what happens to it changes, and in none if not? How many. */
static size_t check_packet(const struct case_of_two *two, const struct policy_packet *packet,
			   enum portsieve_knob knob)
{
	struct fate old = fate_of(&two->old, two->old_drops, two->old_counts, *packet, knob);
	struct fate new = fate_of(&two->new, two->new_drops, two->new_counts, *packet, knob);
	bool is_setting = packet->transport == PORTSIEVE_ANY && !old.rule && !new.rule;
	bool differs = (old.drop != new.drop || (old.drop && old.monitored != new.monitored)) &&
		       !is_setting;
	size_t count = 0;

	for (size_t i = 0; i < two->diff.changes_count; i++) {
		const struct policy_diff_change *change = &two->diff.changes[i];

		assert_no_prefix_twice(change->from);
		assert_no_prefix_twice(change->to);
		if (!change_holds(change, packet, knob))
			continue;
		count++;
		assert_ptr_equal(change->before.rule, old.rule);
		assert_ptr_equal(change->after.rule, new.rule);
		assert_int_equal(change->before.drop, old.drop);
		assert_int_equal(change->after.drop, new.drop);
		assert_true(!old.drop || change->before.monitored == old.monitored);
		assert_true(!new.drop || change->after.monitored == new.monitored);
	}
	assert_int_equal(count, differs);
	return count;
}

static void test_packets_agree_at_random(void **state)
{
	uint64_t seed = 20261121;
	size_t changed = 0, packets = 0;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct case_of_two two;

		set_up(&two, random_below(&seed, 2), random_below(&seed, 2));
		two.old.dhcp_client = random_below(&seed, 2);
		two.new.dhcp_client = random_below(&seed, 2);
		two.old.monitor = random_below(&seed, 4) == 0;
		two.new.monitor = random_below(&seed, 4) == 0;
		two.old.default_monitor =
			two.old.default_action == POLICY_DROP && random_below(&seed, 4) == 0;
		two.new.default_monitor =
			two.new.default_action == POLICY_DROP &&random_below(&seed, 4) == 0;
		two.old_drops = (uint64_t)random_below(&seed, 65536) << 1;
		two.old_counts = two.old_drops & (uint64_t)random_below(&seed, 65536) << 1;
		two.new_drops = (uint64_t)random_below(&seed, 65536) << 1;
		two.new_counts = two.new_drops & (uint64_t)random_below(&seed, 65536) << 1;
		add_random_rules(&seed, &two);
		compare(&two);
		for (int i = 0; i < 200; i++, packets++) {
			struct policy_packet packet = random_packet(&seed);

			changed += check_packet(&two, &packet, random_knob(&seed));
		}
		tear_down(&two);
	}
	/* both outcomes occur often */
	assert_in_range(changed, packets / 10, packets * 9 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets_agree_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
	for (uint32_t i = 0; i < 1 + random_below(seed, 2); i++) {
		uint16_t low = 60 + random_below(seed, 12);

		add_ports(rule, random_below(seed, 2), low, low + random_below(seed, 8));
	}
	add_random_prefixes(seed, &rule->from);
	add_random_prefixes(seed, &rule->to);
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
	struct policy_packet packet = {
		.transport = random_below(seed, 2),
		.port = 58 + random_below(seed, 24),
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

/* Is it dropped, or counted as a would-be drop? */
static bool decides(const struct policy *policy, const struct policy_packet *packet,
		    const struct policy_rule **ret_rule, bool *ret_monitored)
{
	struct policy_decision decision = policy_decide(policy, packet);
	const struct policy_rule *rule = decision.rule;

	*ret_rule = rule;
	*ret_monitored = policy->monitor || (rule ? rule->monitor : policy->default_monitor);
	return decision.drop;
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
			 const struct policy_packet *packet)
{
	return change->transport == packet->transport && change->low <= packet->port &&
	       packet->port <= change->high && area_holds(change->from, &packet->source) &&
	       area_holds(change->to, &packet->destination);
}

/* Is the packet in one change if what happens to it changes, and in none if not? How many. */
static size_t check_packet(const struct case_of_two *two, const struct policy_packet *packet)
{
	const struct policy_rule *before, *after;
	bool old_monitored, new_monitored;
	bool old = decides(&two->old, packet, &before, &old_monitored);
	bool new = decides(&two->new, packet, &after, &new_monitored);
	bool differs = old != new || (old && old_monitored != new_monitored);
	size_t count = 0;

	for (size_t i = 0; i < two->diff.changes_count; i++) {
		const struct policy_diff_change *change = &two->diff.changes[i];

		assert_no_prefix_twice(change->from);
		assert_no_prefix_twice(change->to);
		if (!change_holds(change, packet))
			continue;
		count++;
		assert_ptr_equal(change->before.rule, before);
		assert_ptr_equal(change->after.rule, after);
		assert_int_equal(change->before.drop, old);
		assert_int_equal(change->after.drop, new);
		assert_true(!old || change->before.monitored == old_monitored);
		assert_true(!new || change->after.monitored == new_monitored);
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
		add_random_rules(&seed, &two);
		compare(&two);
		for (int i = 0; i < 200; i++, packets++) {
			struct policy_packet packet = random_packet(&seed);

			changed += check_packet(&two, &packet);
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

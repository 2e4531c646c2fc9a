// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compiled policies with addresses and expiring rules agree with a search through the rules
 * (policy_decide): random policies, packets at the edges of their ports, prefixes and ends.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/build_addresses.h"
#include "lib/build_policy.h"
#include "base/cleanup.h"
#include "compile/compile.h"
#include "compiled_image.h"
#include "evaluate_image.h"

enum {
	POLICIES = 200,
	PACKETS = 6000,
	RULES_MAX = 24,
	RUNTIME_MAX = 6,
	ADDRESSES_MAX = 2048,
	PORTS_MAX = 512,
	TIMES_MAX = 64,
};

#define PICK(state, array) ((array)[random_below(state, ARRAY_SIZE(array))])

/* The values that packets are made from: the borders of a policy and their neighbours. */
static struct borders {
	struct policy_prefix addresses[2][ADDRESSES_MAX]; /* by family */
	size_t address_count[2];
	uint16_t ports[PORTS_MAX];
	size_t port_count;
	uint64_t times[TIMES_MAX];
	size_t time_count;
} borders;

/* -- random policies -- */

static const char *random_prefix(uint64_t *state)
{
	static const char *const prefixes[] = {
		"0.0.0.0/0",
		"0.0.0.0/1",
		"128.0.0.0/1",
		"0.0.0.0/32",
		"10.0.0.0/8",
		"10.1.0.0/16",
		"10.1.2.0/24",
		"10.1.2.0/31",
		"10.1.2.3/32",
		"10.1.2.4/32",
		"10.1.3.0/24",
		"192.0.2.0/24",
		"192.0.2.128/25",
		"255.255.255.255/32",
		"32.1.13.184/32",
		"::/0",
		"::/1",
		"8000::/1",
		"::/128",
		"2001:db8::/32",
		"2001:db8::/33",
		"2001:db8:8000::/33",
		"2001:db8::/64",
		"2001:db8::/127",
		"2001:db8::1/128",
		"2001:db8::2/128",
		"c000:200::/24",
		"2001:db8:1::/48",
		"fe80::/10",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
	};

	return PICK(state, prefixes);
}

static void add_random_prefixes(struct policy_prefixes *prefixes, uint64_t *state)
{
	uint32_t count = random_below(state, 2) ? 1 + random_below(state, 5) : 0;

	while (count--)
		add_prefix(prefixes, random_prefix(state));
}

static void add_random_ports(struct policy_rule *rule, uint64_t *state)
{
	static const uint16_t likely[] = { 0,	1,    22,   53,	  67,	 68,	80,   443,
					   546, 1023, 1024, 8080, 49151, 49152, 65535 };
	uint32_t count = 1 + random_below(state, 3);

	while (count--) {
		uint16_t a = PICK(state, likely), b = PICK(state, likely);

		if (random_below(state, 3) == 0)
			b = a;
		add_ports(rule, random_below(state, PORTSIEVE_TRANSPORTS), a < b ? a : b,
			  a < b ? b : a);
	}
}

static void make_policy(struct policy *policy, uint64_t *state)
{
	uint32_t rules = 1 + random_below(state, RULES_MAX);
	uint32_t runtime = random_below(state, RUNTIME_MAX + 1);
	char name[16];

	policy_init(policy);
	policy->default_action = random_below(state, 2) ? POLICY_DROP : POLICY_ALLOW;
	policy->dhcp_client = random_below(state, 2);
	policy->runtime_count = runtime < rules ? runtime : rules;
	for (uint32_t i = 0; i < rules; i++) {
		struct policy_rule *rule;

		snprintf(name, sizeof(name), "r%u", i);
		rule = add_rule(policy, name, random_below(state, 2) ? POLICY_DROP : POLICY_ALLOW);
		rule->runtime = i < policy->runtime_count;
		if (rule->runtime && random_below(state, 4))
			rule->until_ns = 1000 + random_below(state, 4);
		rule->monitor = rule->action == POLICY_DROP && !random_below(state, 4);
		add_random_prefixes(&rule->from, state);
		add_random_prefixes(&rule->to, state);
		if ((rule->from.count || rule->to.count) && !random_below(state, 3))
			continue;
		add_random_ports(rule, state);
		rule->only_from =
			rule->action == POLICY_ALLOW && rule->from.count && random_below(state, 2);
	}
}

/* -- packets -- */

static void border_addresses(const struct policy_prefixes *prefixes)
{
	for (size_t i = 0; i < prefixes->count; i++) {
		const struct policy_prefix *prefix = &prefixes->list[i];
		size_t *count = &borders.address_count[prefix->family];
		struct policy_prefix *list = &borders.addresses[prefix->family][*count];

		if (*count + 4 > ADDRESSES_MAX)
			return;
		list[0] = prefix_first(prefix);
		list[1] = prefix_last(prefix);
		list[2] = address_beside(&list[0], -1);
		list[3] = address_beside(&list[1], 1);
		*count += 4;
	}
}

static void find_borders(const struct policy *policy)
{
	static const struct policy_prefix others[] = { { { 198, 51, 100, 1 }, 32, POLICY_IPV4 },
						       { { 0x3f, 0xff }, 128, POLICY_IPV6 } };

	memset(&borders, 0, sizeof(borders));
	for (size_t i = 0; i < 2; i++)
		borders.addresses[i][borders.address_count[i]++] = others[i];
	borders.times[borders.time_count++] = 0;
	borders.times[borders.time_count++] = UINT64_MAX;
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		border_addresses(&rule->from);
		border_addresses(&rule->to);
		for (size_t j = 0; j < rule->intervals_count; j++) {
			borders.ports[borders.port_count++] = rule->intervals[j].low;
			borders.ports[borders.port_count++] = rule->intervals[j].low - 1;
			borders.ports[borders.port_count++] = rule->intervals[j].high;
			borders.ports[borders.port_count++] = rule->intervals[j].high + 1;
		}
		for (int step = -1; rule->until_ns && step <= 1; step++)
			borders.times[borders.time_count++] = rule->until_ns + step;
	}
}

/* The policy's rule by rule, merged where its intervals share a port. */
static void assert_is_range_of_rule(const struct portsieve_range *range,
				    const struct policy_rule *rule,
				    const struct policy_packet *packet)
{
	uint32_t low = packet->port, high = packet->port;

	if (!rule->intervals_count) {
		assert_int_equal(range->transport, PORTSIEVE_ANY);
		return;
	}
	for (bool grown = true; grown;) {
		grown = false;
		for (size_t i = 0; i < rule->intervals_count; i++) {
			const struct policy_interval *one = &rule->intervals[i];

			if (one->transport != packet->transport || one->low > high ||
			    one->high < low || (one->low >= low && one->high <= high))
				continue;
			low = one->low < low ? one->low : low;
			high = one->high > high ? one->high : high;
			grown = true;
		}
	}
	assert_int_equal(range->transport, packet->transport);
	assert_int_equal(range->low, low);
	assert_int_equal(range->high, high);
}

static void assert_is_default(uint16_t entry, const struct policy *policy,
			      const struct policy_packet *packet)
{
	bool drop = policy->default_action == POLICY_DROP;
	unsigned int builtin = packet->port == 0      ? PORTSIEVE_PORT0
			       : packet->port < 1024  ? PORTSIEVE_SYSTEM
			       : packet->port < 49152 ? PORTSIEVE_USER
						      : PORTSIEVE_DYNAMIC;
	bool dhcp = drop && policy->dhcp_client && packet->transport == PORTSIEVE_UDP &&
		    (packet->port == 68 || packet->port == 546);

	if (dhcp)
		assert_int_equal(entry, PORTSIEVE_RANGE_DHCP);
	else
		assert_int_equal(entry, (packet->transport * PORTSIEVE_BUILTINS + builtin) |
						(drop ? PORTSIEVE_ENTRY_DROP : 0));
}

static void assert_same(const struct policy *policy, const struct addresses *addresses,
			const struct policy_packet *packet)
{
	struct policy_decision decision = policy_decide(policy, packet);
	const struct policy_rule *rule = decision.rule;
	uint16_t entry = image_evaluate(image, addresses, packet);
	const struct portsieve_range *range;

	if (!rule && packet->transport == PORTSIEVE_ANY) {
		assert_int_equal(entry, PORTSIEVE_ENTRY_FALL);
		return;
	}
	if (!rule) {
		assert_is_default(entry, policy, packet);
		return;
	}
	assert_in_range(entry & PORTSIEVE_ENTRY_RANGE, PORTSIEVE_RANGE_RULES, image->ranges - 1);
	range = &image->range[entry & PORTSIEVE_ENTRY_RANGE];
	assert_string_equal(image->rule[range->rule].name, rule->name);
	assert_int_equal(!!(entry & PORTSIEVE_ENTRY_DROP), decision.drop);
	assert_int_equal(range->drop, rule->action == POLICY_DROP);
	assert_is_range_of_rule(range, rule, packet);
}

static struct policy_packet random_packet(uint64_t *state)
{
	uint32_t family = random_below(state, 2);
	uint32_t count = (uint32_t)borders.address_count[family];
	const struct policy_prefix *list = borders.addresses[family];
	uint32_t port = random_below(state, (uint32_t)borders.port_count + 1);

	return (struct policy_packet){
		.transport = random_below(state, PORTSIEVE_TRANSPORTS + 1),
		.knob_drops = random_below(state, 2),
		.is_unlifted = !random_below(state, 3),
		.port = port < borders.port_count ? borders.ports[port]
						  : (uint16_t)random_below(state, 65536),
		.source = list[random_below(state, count)],
		.destination = list[random_below(state, count)],
		.boottime_ns = borders.times[random_below(state, (uint32_t)borders.time_count)],
	};
}

/* Each port and each address at least once, combined at random. */
static void assert_same_for_all(const struct policy *policy, const struct addresses *addresses,
				uint64_t *state)
{
	find_borders(policy);
	for (int i = 0; i < PACKETS; i++) {
		struct policy_packet packet = random_packet(state);

		if (i < (int)borders.port_count)
			packet.port = borders.ports[i];
		assert_same(policy, addresses, &packet);
	}
	for (int family = 0; family < 2; family++) {
		for (size_t i = 0; i < borders.address_count[family]; i++) {
			struct policy_packet packet = random_packet(state);

			packet.source = packet.destination = borders.addresses[family][i];
			assert_same(policy, addresses, &packet);
		}
	}
}

/* Once in a direction; the flags say of which family there are any. */
static void assert_classes_are_sound(const struct addresses *addresses)
{
	bool families[2] = { false, false };

	for (size_t i = 0; i < addresses->count; i++) {
		const struct address_class *one = &addresses->list[i];

		families[one->prefix.family] = true;
		assert_in_range(one->direction, PORTSIEVE_SOURCE, PORTSIEVE_DESTINATION);
		assert_in_range(one->class, 0, PORTSIEVE_CLASSES_MAX - 1);
		for (size_t j = 0; j < i; j++)
			assert_true(one->direction != addresses->list[j].direction ||
				    memcmp(&one->prefix, &addresses->list[j].prefix,
					   sizeof(one->prefix)));
	}
	assert_int_equal(!!(image->flags & PORTSIEVE_IMAGE_PREFIXES4), families[POLICY_IPV4]);
	assert_int_equal(!!(image->flags & PORTSIEVE_IMAGE_PREFIXES6), families[POLICY_IPV6]);
}

static void compiled_policies_say_what_their_rules_say(void **unused)
{
	uint64_t state = 20261121;

	(void)unused;
	for (int i = 0; i < POLICIES; i++) {
		_cleanup_addresses_ struct addresses addresses = { 0 };
		struct error error = { 0 };
		struct policy policy;

		make_policy(&policy, &state);
		assert_int_equal(addresses_compile(&policy, "p", &addresses, &error), 0);
		assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
		assert_classes_are_sound(&addresses);
		assert_same_for_all(&policy, &addresses, &state);
		policy_free(&policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compiled_policies_say_what_their_rules_say),
	};

	return cmocka_run_group_tests_name("compile_addresses", tests, make_image, free_image);
}

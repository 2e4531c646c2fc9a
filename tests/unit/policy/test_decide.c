/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule decides a packet: by hand, and against a bit-by-bit comparison of prefixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/build_policy.h"
#include "policy/policy.h"

static const struct policy_host host = { .ephemeral_low = 32768,
					 .ephemeral_high = 60999,
					 .realtime_ns = 1795262400000000000, /* 2026-11-21T12:00Z */
					 .boottime_ns = 1000000000000 };

#define SECOND 1000000000ull

static const char text[] =
	"version: 1\n"
	"rules:\n"
	"- {name: both, action: allow, ports: tcp/22, from: [10.0.0.0/8, 'fe80::/10'], "
	"to: [192.0.2.1, '2001:db8::1']}\n"
	"- {name: source, action: allow, ports: tcp/22-23, from: 10.0.0.0/8}\n"
	"- {name: destination, action: drop, ports: tcp/22-24, to: 192.0.2.0/24}\n"
	"- {name: ipv4, action: drop, ports: tcp/22, from: 0.0.0.0/0}\n"
	"- {name: any, action: drop, ports: tcp/22}\n"
	"- {name: only, action: allow, ports: tcp/26, only_from: 10.0.0.0/8, to: 192.0.2.0/24}\n"
	"runtime:\n"
	"- {name: ends, action: drop, ports: udp/53, until: 2026-11-21T12:00:10Z}\n"
	"- {name: stays, action: drop, ports: udp/53, to: '::/0'}\n";

struct question {
	enum portsieve_transport transport;
	uint16_t port;
	const char *source;
	const char *destination;
	uint64_t boottime_ns;
	const char *rule; /* NULL: the default */
};

static const struct question questions[] = {
	{ PORTSIEVE_TCP, 22, "10.1.2.3", "192.0.2.1", 0, "both" },
	{ PORTSIEVE_TCP, 22, "fe80::1", "2001:db8::1", 0, "both" },
	{ PORTSIEVE_TCP, 22, "10.1.2.3", "192.0.2.2", 0, "source" },
	{ PORTSIEVE_TCP, 22, "11.1.2.3", "192.0.2.1", 0, "destination" },
	{ PORTSIEVE_TCP, 22, "11.1.2.3", "192.0.3.1", 0, "ipv4" },
	{ PORTSIEVE_TCP, 22, "::ffff:10.1.2.3", "::ffff:192.0.2.1", 0, "any" },
	{ PORTSIEVE_TCP, 22, "fe80::1", "2001:db8::2", 0, "any" },
	{ PORTSIEVE_TCP, 23, "fe80::1", "2001:db8::1", 0, NULL },
	{ PORTSIEVE_TCP, 24, "10.1.2.3", "192.0.2.1", 0, "destination" },
	{ PORTSIEVE_TCP, 25, "10.1.2.3", "192.0.2.1", 0, NULL },
	{ PORTSIEVE_TCP, 26, "10.1.2.3", "192.0.2.1", 0, "only" },
	{ PORTSIEVE_TCP, 26, "11.1.2.3", "192.0.2.1", 0, "only" },
	{ PORTSIEVE_TCP, 26, "10.1.2.3", "192.0.3.1", 0, NULL },
	{ PORTSIEVE_TCP, 26, "::1", "::1", 0, NULL },
	{ PORTSIEVE_UDP, 22, "10.1.2.3", "192.0.2.1", 0, NULL },
	{ PORTSIEVE_UDP, 53, "10.1.2.3", "192.0.2.1", 1010 * SECOND - 1, "ends" },
	{ PORTSIEVE_UDP, 53, "10.1.2.3", "192.0.2.1", 1010 * SECOND, NULL },
	{ PORTSIEVE_UDP, 53, "::1", "::1", 1010 * SECOND, "stays" },
	{ PORTSIEVE_UDP, 53, "::1", "::1", UINT64_MAX, "stays" },
};

static void the_first_rule_that_matches_decides(void **state)
{
	struct policy policy;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(policy_read(text, strlen(text), "p", &host, &policy, &error), 0);
	assert_int_equal(policy.runtime_count, 2);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		const struct question *question = &questions[i];
		struct policy_packet packet = { .transport = question->transport,
						.port = question->port,
						.boottime_ns = question->boottime_ns };

		assert_int_equal(policy_prefix_read(question->source, &packet.source, NULL), 0);
		assert_int_equal(
			policy_prefix_read(question->destination, &packet.destination, NULL), 0);

		const struct policy_rule *rule = policy_decide(&policy, &packet).rule;

		assert_string_equal(rule ? rule->name : "the default",
				    question->rule ? question->rule : "the default");
	}
	policy_free(&policy);
}

static void only_from_drops_the_others(void **state)
{
	static const char *const sources[] = { "10.255.255.255", "11.0.0.0", "::ffff:10.0.0.1" };
	static const char only[] =
		"{version: 1, default: drop, rules: [{name: only, action: allow, "
		"ports: tcp/22, only_from: 10.0.0.0/8}]}";
	struct policy_packet packet = { .transport = PORTSIEVE_TCP, .port = 22 };
	struct policy policy;

	(void)state;
	assert_int_equal(policy_read(only, strlen(only), "p", &host, &policy, NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		struct policy_decision decision;

		assert_int_equal(policy_prefix_read(sources[i], &packet.source, NULL), 0);
		packet.destination = packet.source;
		decision = policy_decide(&policy, &packet);
		assert_string_equal(decision.rule->name, "only");
		assert_int_equal(decision.drop, i > 0);
	}
	/* what it drops may be a reply, as with a drop rule that names ports only */
	assert_true(policy_rule_asks(&policy.rules[0]));
	policy.default_action = POLICY_ALLOW;
	assert_true(policy_drops(&policy));
	assert_true(policy_enforces(&policy));
	policy_free(&policy);
}

static int bit_of(const struct policy_prefix *prefix, int bit)
{
	return prefix->address[bit / 8] >> (7 - bit % 8) & 1;
}

static void bit_set(struct policy_prefix *prefix, int bit, int value)
{
	prefix->address[bit / 8] |= (uint8_t)(value << (7 - bit % 8));
}

/* Few different bits, so that prefixes overlap: of 6 places in the address, the rest is zero. */
static struct policy_prefix random_prefix(uint64_t *random, int family, bool whole)
{
	static const int places[] = { 0, 1, 7, 8, 30, 31 };
	uint32_t bits = family == POLICY_IPV4 ? 32 : 128;
	struct policy_prefix prefix = { .family = (uint8_t)family };

	prefix.length = (uint8_t)(whole			    ? bits
				  : random_below(random, 4) ? random_below(random, 10)
							    : random_below(random, bits + 1));
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i] < (int)prefix.length)
			bit_set(&prefix, places[i], (int)random_below(random, 2));
	if (family == POLICY_IPV6 && prefix.length > 127)
		bit_set(&prefix, 127, (int)random_below(random, 2));
	return prefix;
}

static void random_prefixes(uint64_t *random, struct policy_prefixes *prefixes)
{
	for (uint32_t left = random_below(random, 3); left; left--) {
		prefixes->list =
			array_room(prefixes->list, prefixes->count, sizeof(*prefixes->list));
		prefixes->list[prefixes->count++] =
			random_prefix(random, (int)random_below(random, 2), false);
	}
}

static bool is_in(const struct policy_prefixes *prefixes, const struct policy_prefix *address)
{
	bool found = prefixes->count == 0;

	for (size_t i = 0; i < prefixes->count; i++) {
		bool same = prefixes->list[i].family == address->family;

		for (int bit = 0; bit < prefixes->list[i].length && same; bit++)
			same = bit_of(&prefixes->list[i], bit) == bit_of(address, bit);
		found |= same;
	}
	return found;
}

/* From the last rule to the first: the last one found is the first that matches. */
static const struct policy_rule *expected(const struct policy *policy,
					  const struct policy_packet *packet)
{
	const struct policy_rule *found = NULL;

	for (size_t i = policy->rules_count; i-- > 0;) {
		const struct policy_rule *rule = &policy->rules[i];
		bool port = false;

		for (size_t j = 0; j < rule->intervals_count; j++)
			for (uint32_t p = rule->intervals[j].low; p <= rule->intervals[j].high; p++)
				port |= p == packet->port &&
					rule->intervals[j].transport == packet->transport;
		if (port && is_in(&rule->from, &packet->source) &&
		    is_in(&rule->to, &packet->destination) &&
		    !(rule->until_ns && packet->boottime_ns >= rule->until_ns))
			found = rule;
	}
	return found;
}

static void random_policy(uint64_t *random, struct policy *policy)
{
	policy_init(policy);
	for (uint32_t left = 1 + random_below(random, 8); left; left--) {
		struct policy_rule *rule = add_rule(policy, "r", POLICY_DROP);

		for (uint32_t ports = 1 + random_below(random, 2); ports; ports--) {
			uint16_t low = (uint16_t)random_below(random, 8);

			add_ports(rule, (enum portsieve_transport)random_below(random, 2), low,
				  (uint16_t)(low + random_below(random, 12)));
		}
		random_prefixes(random, &rule->from);
		random_prefixes(random, &rule->to);
		rule->until_ns = random_below(random, 3) ? 0 : 1 + random_below(random, 8);
	}
}

static void random_policies_decide_as_their_bits_say(void **state)
{
	uint64_t random = 7;
	size_t decided = 0, behind_first = 0, rounds = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct policy policy;

		random_policy(&random, &policy);
		for (int j = 0; j < 20; j++, rounds++) {
			int family = (int)random_below(&random, 2);
			struct policy_packet packet = {
				.transport = (enum portsieve_transport)random_below(&random, 2),
				.port = (uint16_t)random_below(&random, 13),
				.source = random_prefix(&random, family, true),
				.destination = random_prefix(&random, family, true),
				.boottime_ns = random_below(&random, 10),
			};
			const struct policy_rule *rule = policy_decide(&policy, &packet).rule;

			assert_ptr_equal(rule, expected(&policy, &packet));
			decided += rule != NULL;
			behind_first += rule && rule != policy.rules;
		}
		policy_free(&policy);
	}
	/* the packets do meet the rules, and not always the first */
	assert_true(decided > rounds / 5 && decided < rounds * 9 / 10);
	assert_true(behind_first > rounds / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(only_from_drops_the_others),
		cmocka_unit_test(random_policies_decide_as_their_bits_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

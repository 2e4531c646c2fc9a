// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy_decide, which commands use to predict verdicts, against the oracle's reading of the same
 * policies. Needs no program.
 */
#include "cmocka_first.h"
#include "address_policies.h"
#include "agree.h"
#include "ranges.h"

#include <string.h>

#include "base/cleanup.h"

enum {
	POLICIES = 300,
	PACKETS = 3000,
};

static uint64_t chance_state = 20261121;

/* A linear congruential step (Knuth's MMIX). */
static uint32_t chance(uint32_t limit)
{
	chance_state = chance_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(chance_state >> 33) % limit;
}

static struct policy_prefix pick_address(const struct grammar_addresses *likely, bool ipv6)
{
	struct policy_prefix address = { .family = ipv6 ? POLICY_IPV6 : POLICY_IPV4,
					 .length = ipv6 ? 128 : 32 };

	if (likely->count)
		memcpy(address.address, likely->list[chance((uint32_t)likely->count)],
		       ipv6 ? 16 : 4);
	return address;
}

/* Ports and addresses at the policy's edges, as given to the grammar. After SOON, before LATE.
 */
static struct policy_packet pick_packet(const struct grammar *grammar)
{
	bool ipv6 = chance(2);
	const struct grammar_addresses *likely = ipv6 ? &grammar->ipv6 : &grammar->ipv4;

	return (struct policy_packet){
		.transport = chance(PORTSIEVE_TRANSPORTS + 1),
		.knob_drops = chance(2),
		.is_unlifted = chance(2),
		.port = chance(4) ? grammar->ports[chance((uint32_t)grammar->port_count)]
				  : (uint16_t)chance(65536),
		.source = pick_address(likely, ipv6),
		.destination = pick_address(likely, ipv6),
		.boottime_ns = UINT64_C(1000000000000),
	};
}

static void assert_same(const struct policy *policy, const struct oracle_policy *told,
			const struct policy_packet *packet)
{
	struct policy_decision decision = policy_decide(policy, packet);
	const struct policy_rule *rule = decision.rule;
	const struct subject subject = {
		.transport = transport_name(packet->transport),
		.port = packet->port,
		.family = packet->source.family == POLICY_IPV6 ? ORACLE_IPV6 : ORACLE_IPV4,
		.source = packet->source.address,
		.destination = packet->destination.address,
	};
	const struct portless_subject without_port = {
		.subject = subject,
		.is_unlifted = packet->is_unlifted,
		.knob_drops = packet->knob_drops,
	};
	struct range range = { 0 };

	if (packet->transport == PORTSIEVE_ANY) {
		if (!portless_range_of(told, &without_port, &range))
			range.drop = packet->knob_drops;
	} else {
		range = range_of(told, &subject);
	}

	if (!!rule != range.is_rule || (rule && strcmp(rule->name, range.name)) ||
	    (rule && decision.drop != range.drop))
		fail_msg("%s/%u: %s %s, the oracle says %s %s", subject.transport,
			 (unsigned int)packet->port, rule ? rule->name : "the default",
			 decision.drop ? "drops" : "allows", range.name,
			 range.drop ? "drops" : "allows");
}

static void policies_are_read_as_the_oracle_reads_them(void **state)
{
	static struct address_policy told;
	static struct grammar grammar;

	(void)state;
	for (uint64_t seed = 0; seed < POLICIES; seed++) {
		_cleanup_free_ char *text = NULL;
		struct error error = { 0 };
		struct policy policy;
		struct policy_host host;

		address_policy_make(&told, seed);
		text = agreement_text(&told.policy, false, false, &host);
		if (policy_read(text, strlen(text), "policy", &host, &policy, &error))
			fail_msg("%zu:%zu: %s", error.line, error.column, error.text);
		grammar_init(&grammar, seed);
		address_policy_teach(&told, &grammar);
		for (int i = 0; i < PACKETS; i++) {
			struct policy_packet packet = pick_packet(&grammar);

			assert_same(&policy, &told.policy, &packet);
		}
		policy_free(&policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_read_as_the_oracle_reads_them),
	};

	return cmocka_run_group_tests_name("policy_decide", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every destination port of every transport under each policy of port_policies.c: the program's
 * verdict, range and counters against a plain loop over the policy's spans. IPv4 and IPv6
 * alternate.
 */
#include "cmocka_first.h"
#include "judge.h"
#include "port_policies.h"
#include "recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { POLICIES_MAX = 32, BUILT_INS = 4, FRAME_MAX = 128, SPANS_MAX = 8192 };

static const struct {
	const char *recipe[2]; /* IPv4, IPv6; a new connection where the transport has them */
	size_t port_at[2];
	enum portsieve_transport transport;
} kinds[] = {
	{ { "eth ip4 tcp:flags=2", "eth ip6 tcp:flags=2" }, { 36, 56 }, PORTSIEVE_TCP },
	{ { "eth ip4 udp", "eth ip6 udp" }, { 36, 56 }, PORTSIEVE_UDP },
	{ { "eth ip4 lite", "eth ip6 lite" }, { 36, 56 }, PORTSIEVE_UDP },
	{ { "eth ip4 sctp", "eth ip6 sctp" }, { 36, 56 }, PORTSIEVE_SCTP },
	{ { "eth ip4 dccp", "eth ip6 dccp" }, { 36, 56 }, PORTSIEVE_DCCP },
};

static const struct {
	const char *name;
	uint16_t low, high;
} built_ins[BUILT_INS] = {
	{ "_port0", 0, 0 },
	{ "_system", 1, 1023 },
	{ "_user", 1024, 49151 },
	{ "_dynamic", 49152, 65535 },
};

/* What the rows must hold; spans and built-in ranges by transport. */
struct sums {
	struct portsieve_counter span[SPANS_MAX][PORTSIEVE_TRANSPORTS];
	struct portsieve_counter built_in[BUILT_INS][PORTSIEVE_TRANSPORTS];
	struct portsieve_counter dhcp;
};

static struct judge judge;
static struct sums sums;

static void add(struct portsieve_counter *row, bool drop, size_t length, bool new_connection)
{
	row->verdict[drop].packets++;
	row->verdict[drop].bytes += length;
	row->new_connections += new_connection;
}

static size_t built_in_of(uint32_t port)
{
	size_t i = 0;

	while (port > built_ins[i].high)
		i++;
	return i;
}

/* The reference for the program's tables, as a loop. Returns the expected row. */
static struct portsieve_counter *expect(const struct port_policy *policy,
					enum portsieve_transport transport, uint32_t port,
					struct judgement *ret_expected)
{
	struct judgement *expected = ret_expected;
	size_t built_in = built_in_of(port);

	for (size_t i = 0; i < policy->span_count; i++) {
		const struct span *span = &policy->spans[i];

		if (!(span->transports >> transport & 1) || port < span->low || port > span->high)
			continue;
		*expected = (struct judgement){ .drop = span->drop,
						.reason = "rule",
						.rule = span->rule,
						.low = span->low,
						.high = span->high };
		return &sums.span[i][transport];
	}
	if (transport == PORTSIEVE_UDP && (port == 68 || port == 546) && policy->default_drop &&
	    !policy->no_dhcp_client) {
		*expected = (struct judgement){ .reason = "dhcp-client" };
		return &sums.dhcp;
	}
	*expected = (struct judgement){ .drop = policy->default_drop,
					.reason = "default",
					.rule = built_ins[built_in].name,
					.low = built_ins[built_in].low,
					.high = built_ins[built_in].high };
	return &sums.built_in[built_in][transport];
}

static bool same(const struct judgement *is, const struct judgement *expected, uint32_t port)
{
	if (is->drop != expected->drop || is->dropped != expected->drop || is->port != (int)port ||
	    is->low != expected->low || is->high != expected->high ||
	    strcmp(is->reason, expected->reason))
		return false;
	return is->rule && expected->rule ? !strcmp(is->rule, expected->rule)
					  : is->rule == expected->rule;
}

static void sweep(const struct port_policy *policy, size_t kind, unsigned int parity)
{
	enum portsieve_transport transport = kinds[kind].transport;
	static uint8_t written[RECIPE_FRAME_MAX];
	uint8_t frames[2][FRAME_MAX];
	size_t lengths[2];

	for (int family = 0; family < 2; family++) {
		lengths[family] = recipe_frame(kinds[kind].recipe[family], written);
		memcpy(frames[family], written, lengths[family]);
	}
	for (uint32_t port = 0; port < PORTSIEVE_PORTS; port++) {
		unsigned int family = (port + parity) & 1;
		uint8_t *frame = frames[family];
		struct portsieve_counter *row;
		struct judgement expected, is;

		frame[kinds[kind].port_at[family]] = (uint8_t)(port >> 8);
		frame[kinds[kind].port_at[family] + 1] = (uint8_t)port;
		row = expect(policy, transport, port, &expected);
		add(row, expected.drop, lengths[family], transport == PORTSIEVE_TCP);
		is = judge_frame(&judge, frame, lengths[family]);
		if (!same(&is, &expected, port) || strcmp(is.protocol, transport_name(transport))) {
			judgement_print(stderr, "# expected", &expected);
			judgement_print(stderr, "# kernel", &is);
			fail_msg("%s, port %u", kinds[kind].recipe[family], port);
		}
	}
}

/* A range of the image as the test knows it: by rule, transport, and ports. */
static const struct portsieve_counter *sum_of(const struct port_policy *policy, uint32_t id)
{
	const struct portsieve_range *range = &judge.image->range[id];
	const char *rule = judge.image->rule[range->rule].name;

	if (id == PORTSIEVE_RANGE_DHCP)
		return &sums.dhcp;
	if (id < PORTSIEVE_RANGE_DHCP)
		return &sums.built_in[built_in_of(range->low)][range->transport];
	for (size_t i = 0; i < policy->span_count; i++) {
		const struct span *span = &policy->spans[i];

		if (span->transports >> range->transport & 1 && span->low == range->low &&
		    span->high == range->high && !strcmp(span->rule, rule))
			return &sums.span[i][range->transport];
	}
	fail_msg("rule %s has a range %u-%u that is none of the policy's", rule,
		 (unsigned int)range->low, (unsigned int)range->high);
	return NULL;
}

static void subtract(struct portsieve_counter *from, const struct portsieve_counter *row)
{
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		from->verdict[verdict].packets -= row->verdict[verdict].packets;
		from->verdict[verdict].bytes -= row->verdict[verdict].bytes;
	}
	from->new_connections -= row->new_connections;
}

/* Each row holds what its range must have counted, and no other row has counted anything. */
static void rows_hold_the_sums(const struct port_policy *policy,
			       const struct portsieve_counter *before)
{
	_cleanup_free_ struct portsieve_counter *rows = judge_counters(&judge, PORTSIEVE_COUNTERS);
	const struct portsieve_counter zero = { 0 };
	uint64_t packets = 0;

	for (uint32_t id = 0; id < PORTSIEVE_COUNTERS; id++) {
		subtract(&rows[id], &before[id]);
		packets += rows[id].verdict[0].packets + rows[id].verdict[1].packets +
			   rows[id].verdict[2].packets;
	}
	assert_int_equal(packets, ARRAY_SIZE(kinds) * PORTSIEVE_PORTS);
	for (uint32_t id = 0; id < judge.image->ranges; id++) {
		struct portsieve_counter *row = &rows[judge.image->counter[id]];

		assert_memory_equal(row, sum_of(policy, id), sizeof(*row));
		*row = zero;
	}
	for (uint32_t id = 0; id < PORTSIEVE_COUNTERS; id++)
		assert_memory_equal(&rows[id], &zero, sizeof(zero));
}

static void every_port_is_judged(void **state)
{
	const struct port_policy *policy = *state;
	_cleanup_free_ struct portsieve_counter *before = NULL;

	assert_true(policy->span_count <= SPANS_MAX);
	memset(&sums, 0, sizeof(sums));
	judge_apply(&judge, policy->text, NULL);
	before = judge_counters(&judge, PORTSIEVE_COUNTERS);
	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		sweep(policy, kind, (unsigned int)policy->span_count);
	rows_hold_the_sums(policy, before);
}

static int open_judge(void **state)
{
	(void)state;
	judge = judge_open("version: 1", NULL);
	return 0;
}

static int close_judge(void **state)
{
	(void)state;
	judge_close(&judge);
	return 0;
}

int main(void)
{
	static struct port_policy policies[POLICIES_MAX];
	static struct CMUnitTest tests[POLICIES_MAX];
	size_t count = 0;

	for (; count < port_policies_count; count++)
		policies[count] = port_policies[count];
	policies[count++] = port_policy_of_registry();
	policies[count++] = port_policy_of_all_ranges();
	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){ policies[i].name, every_port_is_judged, NULL, NULL,
						&policies[i] };
	return _cmocka_run_group_tests("ports", tests, count, open_judge, close_judge);
}

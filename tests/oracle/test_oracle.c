// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests the oracle against the packets written by hand, and the oracle and the generator against
 * properties that hold for every frame. The environment variable ORACLE_FRAMES sets the number of
 * generated frames (default 300,000).
 */
#include "by_hand.h"
#include "by_hand_addresses.h"
#include "grammar.h"
#include "oracle.h"
#include "rules_by_hand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hex_frame.h"

#define TESTS_MAX    512
#define CLAUSES_MAX  96
#define RAREST	     5000
#define FRAMES_USUAL 300000
#define APPENDED_MAX 16
static struct oracle_policy policy_of(const struct packet_by_hand *packet)
{
	struct oracle_policy policy;

	oracle_policy_defaults(&policy, !packet->default_allow, packet->forwards_ipv6);
	policy.dhcp_client = !packet->no_dhcp_client;
	oracle_policy_rules(&policy, rules, packet->no_rules ? 0 : COUNT(rules));
	if (packet->knob_drop)
		assert_int_equal(oracle_policy_set(&policy, packet->knob_drop, true), 0);
	if (packet->knob_allow)
		assert_int_equal(oracle_policy_set(&policy, packet->knob_allow, false), 0);
	return policy;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_opinion(const struct oracle_opinion *a, const struct oracle_opinion *b)
{
	return a->drop == b->drop && a->monitored == b->monitored &&
	       same_text(a->reason, b->reason) && same_text(a->rule, b->rule) &&
	       same_text(a->protocol, b->protocol) && a->port == b->port && a->low == b->low &&
	       a->high == b->high && a->new_connection == b->new_connection;
}

static void is_judged_as_written(void **state)
{
	const struct packet_by_hand *packet = *state;
	const struct oracle_opinion expected = {
		packet->drop,		false,	      packet->reason,  packet->rule,
		packet->protocol,	packet->port, packet->low,     packet->high,
		packet->new_connection, "by hand",    "see the table",
	};
	struct oracle_policy policy = policy_of(packet);
	struct oracle_opinion opinion;
	size_t length;
	uint8_t *frame = bytes_of(packet->hex, &length);
	bool same;

	opinion = oracle_judge(&policy, frame, length);
	same = same_opinion(&opinion, &expected);
	if (!same) {
		oracle_describe(stderr, &policy, frame, length, &opinion);
		oracle_describe(stderr, &policy, NULL, 0, &expected);
	}
	free(frame);
	assert_true(same);
}

/* -- addresses -- */

enum { PREFIXES_MAX = 4 };

static struct oracle_prefixes prefixes_of(const char *text, struct oracle_prefix *list)
{
	char copy[128], *rest = NULL;
	size_t count = 0;

	snprintf(copy, sizeof(copy), "%s", text ? text : "");
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		bool ipv6 = strchr(word, ':');
		char *slash = strchr(word, '/');

		assert_true(slash && count < PREFIXES_MAX);
		*slash = '\0';
		list[count] = (struct oracle_prefix){ ipv6 ? ORACLE_IPV6 : ORACLE_IPV4,
						      (uint8_t)atoi(slash + 1),
						      { 0 } };
		assert_int_equal(inet_pton(ipv6 ? AF_INET6 : AF_INET, word, list[count].address),
				 1);
		count++;
	}
	return (struct oracle_prefixes){ list, count };
}

static void is_matched_as_written(void **state)
{
	static const struct oracle_interval ports[] = { { "tcp", 22, 22 },
							{ "udp", 22, 22 },
							{ "udp", 68, 68 } };
	static const char *const names[] = { "first", "second", "third" };
	const struct address_case *test = *state;
	struct oracle_prefix from[ADDRESS_RULES_MAX][PREFIXES_MAX],
		to[ADDRESS_RULES_MAX][PREFIXES_MAX];
	struct oracle_rule own[ADDRESS_RULES_MAX];
	struct oracle_policy policy;
	struct oracle_opinion opinion;
	size_t length;
	uint8_t *frame = bytes_of(test->hex, &length);
	bool same;

	oracle_policy_defaults(&policy, true, false);
	policy.rules = own;
	for (size_t i = 0; i < ADDRESS_RULES_MAX && test->rules[i].action != NO_RULE; i++) {
		own[i] = (struct oracle_rule){ names[i],
					       test->rules[i].action == DROP_RULE,
					       ports,
					       COUNT(ports),
					       prefixes_of(test->rules[i].from, from[i]),
					       prefixes_of(test->rules[i].to, to[i]),
					       test->rules[i].ended,
					       test->rules[i].ended,
					       false,
					       false };
		policy.rule_count++;
	}
	opinion = oracle_judge(&policy, frame, length);
	same = opinion.drop == test->drop && same_text(opinion.reason, test->reason) &&
	       same_text(opinion.rule, test->rule) && same_text(opinion.clause, test->clause);
	if (!same)
		oracle_describe(stderr, &policy, frame, length, &opinion);
	free(frame);
	assert_true(same);
}

/* -- properties of every frame -- */

static void rule_of_all_has_port_0(void **state)
{
	const struct oracle_rule everything[] = { RULE("everything", true, all) };
	struct packet_by_hand packet = { .hex = MACS "0800 " IP4("001c", WHOLE, "11")
						 UDP("0000", "0008") };
	struct oracle_policy policy = policy_of(&packet);
	struct oracle_opinion opinion;
	size_t length;
	uint8_t *frame = bytes_of(packet.hex, &length);

	(void)state;
	policy.rules = everything;
	policy.rule_count = 1;
	opinion = oracle_judge(&policy, frame, length);
	free(frame);
	assert_string_equal(opinion.rule, "everything");
	assert_int_equal(opinion.high, 65535);
	assert_int_equal(opinion.port, 0);
}

static void unknown_knob_is_refused(void **state)
{
	struct oracle_policy policy;

	(void)state;
	oracle_policy_defaults(&policy, true, false);
	assert_int_equal(oracle_policy_set(&policy, "later-fragment", true), -ENOENT);
	assert_int_equal(oracle_policy_set(&policy, "", true), -ENOENT);
}

/* Every type number once, under a policy in which a single knob drops. */
static void only_these_types_follow(const char *knob, const char *header, const uint8_t *types,
				    size_t type_count)
{
	struct oracle_policy policy;
	size_t length;
	uint8_t *frame = bytes_of(header, &length);

	oracle_policy_defaults(&policy, false, false);
	assert_int_equal(oracle_policy_set(&policy, knob, true), 0);
	for (int type = 0; type < 256; type++) {
		bool listed = type_count && memchr(types, type, type_count);

		frame[length - 8] = (uint8_t)type;
		assert_int_equal(oracle_judge(&policy, frame, length).drop, listed);
	}
	free(frame);
}

#define TYPES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

static void icmp_types_follow_their_knobs(void **state)
{
	const char *icmp = ETH4 IP4("001c", WHOLE, "01") "00*8";
	const char *icmpv6 = ETH6 IP6("0008", "3a") "00*8";
	const uint8_t never[] = { 1,   2,   3,	 4,   130, 131, 132, 133, 134, 135,
				  136, 141, 142, 143, 148, 149, 151, 152, 153 };
	uint8_t others[256];
	size_t count = 0;

	(void)state;
	only_these_types_follow("icmp_echo", icmp, TYPES(0, 8));
	for (int type = 1; type < 256; type++)
		if (type != 3 && type != 8 && type != 11 && type != 12)
			others[count++] = (uint8_t)type;
	only_these_types_follow("icmp_other", icmp, others, count);
	only_these_types_follow("icmpv6_echo", icmpv6, TYPES(128, 129));
	only_these_types_follow("icmpv6_mobility", icmpv6, TYPES(144, 145, 146, 147));
	count = 0;
	for (int type = 0; type < 256; type++)
		if (!memchr(never, type, sizeof(never)) && type != 128 && type != 129 &&
		    (type < 144 || type > 147))
			others[count++] = (uint8_t)type;
	only_these_types_follow("icmpv6_other", icmpv6, others, count);
}

static uint64_t frames_wanted(void)
{
	const char *text = getenv("ORACLE_FRAMES");

	return text ? strtoull(text, NULL, 0) : FRAMES_USUAL;
}

static struct grammar grammar_of_rules(uint64_t seed)
{
	struct grammar grammar;

	grammar_init(&grammar, seed);
	for (size_t i = 0; i < COUNT(rules); i++)
		for (size_t j = 0; j < rules[i].interval_count; j++)
			grammar_add_range(&grammar, rules[i].intervals[j].low,
					  rules[i].intervals[j].high);
	for (size_t i = 0; i < COUNT(inside); i++)
		grammar_add_prefix(&grammar, inside[i].address, inside[i].family == ORACLE_IPV6,
				   inside[i].length);
	grammar_add_prefix(&grammar, server[0].address, false, server[0].length);
	return grammar;
}

static void same_seed_gives_same_frames(void **state)
{
	struct grammar one = grammar_of_rules(7), two = grammar_of_rules(7);
	uint8_t a[GRAMMAR_SIZE_MIN], b[GRAMMAR_SIZE_MIN];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		size_t length = grammar_frame(&one, a, sizeof(a), ANY);

		assert_int_equal(length, grammar_frame(&two, b, sizeof(b), ANY));
		assert_in_range(length, GRAMMAR_FRAME_MIN, GRAMMAR_FRAME_MAX);
		assert_memory_equal(a, b, length);
	}
}

/* Only E1 cannot be reached: the kernel's test run accepts no shorter frame. */
static void generator_reaches_every_row(void **state)
{
	struct packet_by_hand usual = { .knob_drop = "shim6" };
	struct oracle_policy policy = policy_of(&usual);
	struct grammar grammar = grammar_of_rules(42);
	uint64_t counts[CLAUSES_MAX] = { 0 }, frames = FRAMES_USUAL;
	uint8_t frame[GRAMMAR_SIZE_MIN];
	const char *clause, *words, *reason;

	(void)state;
	policy.rules = rules_with_addresses;
	policy.rule_count = COUNT(rules_with_addresses);
	for (uint64_t i = 0; i < frames; i++) {
		size_t length = grammar_frame(&grammar, frame, sizeof(frame), ANY);
		struct oracle_opinion opinion = oracle_judge(&policy, frame, length);

		for (size_t j = 0; (clause = oracle_clause(j, &words, &reason)); j++)
			counts[j] += clause == opinion.clause;
	}
	for (size_t j = 0; (clause = oracle_clause(j, &words, &reason)); j++) {
		if (counts[j] * RAREST < frames && strcmp(clause, "E1"))
			fail_msg("%s, %s: %llu in %llu frames", clause, words,
				 (unsigned long long)counts[j], (unsigned long long)frames);
	}
}

/* Another policy now and then: the knobs are bits of the seed. */
static void vary_policy(struct oracle_policy *policy, uint64_t bits)
{
	oracle_policy_defaults(policy, bits & 1, bits & 2);
	policy->dhcp_client = bits & 4;
	policy->rules = bits & 32 ? rules : rules_with_addresses;
	policy->rule_count = bits & 32 ? COUNT(rules) : COUNT(rules_with_addresses);
	if (!(bits & 8))
		policy->rule_count = 0;
	for (int knob = 0; bits & 16 && knob < KNOB_COUNT; knob++)
		policy->knob_drops[knob] = bits >> (8 + knob) & 1;
}

static struct oracle_opinion judge_exact(const struct oracle_policy *policy, const uint8_t *frame,
					 size_t length)
{
	struct oracle_opinion opinion;
	uint8_t *exact = malloc(length);

	assert_non_null(exact);
	memcpy(exact, frame, length);
	opinion = oracle_judge(policy, exact, length);
	free(exact);
	return opinion;
}

static void every_frame_can_be_described(void **state)
{
	struct grammar grammar = grammar_of_rules(77);
	uint8_t frame[GRAMMAR_SIZE_MIN];
	FILE *nowhere = fopen("/dev/null", "w");
	struct oracle_policy policy;

	(void)state;
	assert_non_null(nowhere);
	for (int i = 0; i < 5000; i++) {
		size_t length = grammar_frame(&grammar, frame, sizeof(frame), ANY);
		struct oracle_opinion opinion;

		vary_policy(&policy, grammar.state);
		opinion = oracle_judge(&policy, frame, length);
		oracle_describe(nowhere, &policy, frame, length, &opinion);
	}
	assert_int_equal(fclose(nowhere), 0);
}

/* Rows that say a byte is missing may change when bytes come; so may S2, which looks at the frame.
 */
static bool may_change_with_more_bytes(const struct oracle_opinion *opinion)
{
	static const char *const clauses[] = { "E1",  "E3",  "E7a", "E7b", "I1a",
					       "I1e", "S1a", "S1c", "S3" };

	for (size_t i = 0; i < COUNT(clauses); i++)
		if (!strcmp(opinion->clause, clauses[i]))
			return true;
	return false;
}

static void bytes_after_the_packet_change_nothing(void **state)
{
	struct grammar grammar = grammar_of_rules(1234);
	uint8_t frame[GRAMMAR_SIZE_MIN + APPENDED_MAX];
	struct oracle_policy policy;

	(void)state;
	for (uint64_t i = 0; i < frames_wanted(); i++) {
		size_t length = grammar_frame(&grammar, frame, GRAMMAR_SIZE_MIN, ANY);
		struct oracle_opinion alone, padded;

		vary_policy(&policy, grammar.state ^ grammar.state >> 17);
		alone = judge_exact(&policy, frame, length);
		assert_string_not_equal(alone.reason, "undecided");
		memset(frame + length, (int)(i & 0xff), APPENDED_MAX);
		padded = judge_exact(&policy, frame, length + 1 + i % APPENDED_MAX);
		if (same_opinion(&alone, &padded) || may_change_with_more_bytes(&alone))
			continue;
		oracle_describe(stderr, &policy, frame, length, &alone);
		oracle_describe(stderr, &policy, frame, length + APPENDED_MAX, &padded);
		fail();
	}
}

static size_t add_table(struct CMUnitTest *tests, size_t count, const struct packet_by_hand *table,
			size_t rows)
{
	for (size_t i = 0; i < rows && count < TESTS_MAX; i++)
		tests[count++] = (struct CMUnitTest){ table[i].name, is_judged_as_written, NULL,
						      NULL, (void *)&table[i] };
	return count;
}

int main(void)
{
	static struct CMUnitTest tests[TESTS_MAX] = {
		cmocka_unit_test(rule_of_all_has_port_0),
		cmocka_unit_test(unknown_knob_is_refused),
		cmocka_unit_test(icmp_types_follow_their_knobs),
		cmocka_unit_test(every_frame_can_be_described),
		cmocka_unit_test(same_seed_gives_same_frames),
		cmocka_unit_test(generator_reaches_every_row),
		cmocka_unit_test(bytes_after_the_packet_change_nothing),
	};
	size_t count = 7;

	count = add_table(tests, count, packets_link, packets_link_count);
	count = add_table(tests, count, packets_ipv4, packets_ipv4_count);
	count = add_table(tests, count, packets_ipv6, packets_ipv6_count);
	count = add_table(tests, count, packets_l4, packets_l4_count);
	for (size_t i = 0; i < COUNT(address_cases) && count < TESTS_MAX; i++)
		tests[count++] = (struct CMUnitTest){ address_cases[i].name, is_matched_as_written,
						      NULL, NULL, (void *)&address_cases[i] };
	return _cmocka_run_group_tests("oracle", tests, count, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The XDP program against the oracle (tests/oracle) on generated frames, on deep frames cut at
 * every byte, and on deep frames with every value in every byte. PORTSIEVE_FUZZ_FRAMES: how many
 * generated frames over all policies; PORTSIEVE_FUZZ_SEED: their seed, and that of the policies
 * with addresses.
 */
#include "cmocka_first.h"
#include "address_policies.h"
#include "agree.h"
#include "grammar.h"
#include "recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	FRAMES_USUAL = 1400000,
	ADDRESS_POLICIES = 30,
	ADDRESS_FRAMES_USUAL = 9000000,
	IN_BUFFERS_ONE_OF = 8, /* of the frames with addresses: for the test's time */
	SEED_USUAL = 20260817,
	MANY_RULES = 200,
	INTERVALS_EACH = 4,
	NAME_SIZE = 8,
};

enum knobs { LEFT_OUT, FLIPPED, MIXED };

static const struct oracle_interval ssh[] = { { "tcp", 22, 22 } };
static const struct oracle_interval web[] = { { "tcp", 80, 80 },
					      { "tcp", 443, 443 },
					      { "udp", 443, 443 } };
static const struct oracle_interval games[] = { { "udp", 27000, 27100 }, { "tcp", 27050, 27200 } };
static const struct oracle_interval overlap[] = {
	{ "tcp", 8000, 8100 }, { "tcp", 8201, 8300 }, { "tcp", 8100, 8200 }, { "udp", 60, 600 }
};
static const struct oracle_interval others[] = { { "sctp", 2905, 2905 },
						 { "dccp", 5000, 6000 },
						 { "sctp", 0, 0 } };
static const struct oracle_interval wide[] = { { "tcp", 0, 1023 }, { "dccp", 0, 65535 } };

#define RULE(name_, drop_, intervals_, count, ...)                                                 \
	{                                                                                          \
		.name = name_, .drop = drop_, .intervals = intervals_, .interval_count = count,    \
		##__VA_ARGS__                                                                      \
	}

static const struct oracle_rule usual[] = {
	RULE("ssh", false, ssh, ARRAY_SIZE(ssh)),
	RULE("web", false, web, ARRAY_SIZE(web)),
	RULE("games", true, games, ARRAY_SIZE(games)),
	RULE("overlap", false, overlap, 3),
	RULE("others", true, others, ARRAY_SIZE(others)),
	RULE("wide", true, wide, ARRAY_SIZE(wide)),
};
static const struct oracle_rule with_dhcp[] = {
	RULE("overlap", true, overlap, ARRAY_SIZE(overlap)),
};

static const struct oracle_rule monitored[] = {
	RULE("ssh", true, ssh, ARRAY_SIZE(ssh), .monitor = true),
	RULE("web", false, web, ARRAY_SIZE(web)),
	RULE("games", true, games, ARRAY_SIZE(games)),
	RULE("overlap", true, overlap, ARRAY_SIZE(overlap), .monitor = true),
	RULE("wide", true, wide, ARRAY_SIZE(wide), .monitor = true),
	RULE("others", false, others, ARRAY_SIZE(others)),
};

static struct oracle_interval many_intervals[MANY_RULES][INTERVALS_EACH];
static char many_names[MANY_RULES][NAME_SIZE];
static struct oracle_rule many[MANY_RULES];

static const struct policy_case {
	const char *name;
	bool default_drop, default_monitor, monitor, no_dhcp_client, forwards_ipv6;
	enum knobs knobs;
	const struct oracle_rule *rules;
	size_t rule_count;
} cases[] = {
	{ "under default drop", .default_drop = true, .rules = usual,
	  .rule_count = ARRAY_SIZE(usual) },
	{ "under default allow", .rules = usual, .rule_count = ARRAY_SIZE(usual) },
	{ "under default drop with each knob flipped", .default_drop = true, .knobs = FLIPPED,
	  .rules = usual, .rule_count = ARRAY_SIZE(usual) },
	{ "under default allow with each knob flipped", .knobs = FLIPPED, .rules = usual,
	  .rule_count = ARRAY_SIZE(usual) },
	{ "with many rules and mixed knobs", .default_drop = true, .knobs = MIXED, .rules = many,
	  .rule_count = MANY_RULES },
	{ "in monitor mode on a router", .default_drop = true, .monitor = true,
	  .no_dhcp_client = true, .forwards_ipv6 = true, .rules = usual,
	  .rule_count = ARRAY_SIZE(usual) },
	{ "with monitored rules under a monitored default", .default_drop = true,
	  .default_monitor = true, .rules = monitored, .rule_count = ARRAY_SIZE(monitored) },
	{ "with monitored rules under default drop", .default_drop = true, .rules = monitored,
	  .rule_count = ARRAY_SIZE(monitored) },
	{ "with a monitored default alone", .default_drop = true, .default_monitor = true },
	{ "without rules", .default_drop = true },
	{ "with a rule on DHCP's ports", .default_drop = true, .knobs = MIXED, .rules = with_dhcp,
	  .rule_count = ARRAY_SIZE(with_dhcp) },
};

/* Deep frames of different kinds, which together reach every part of the parser. */
static const char *const deep[] = {
	"eth qinq vlan pppoe ip4:size=60 tcp:size=60,port=22 data:8",
	"eth vlan ppp1 ip6 hop dst:size=16 route:size=24 auth shim6 tcp:size=32,flags=2,port=443 "
	"data:4",
	"eth ip6 hop dst dst dst dst dst dst dst udp:port=27001 data:8",
	"eth ip6 hop frag:mf=1 dst tcp:size=24,port=80 data:8",
	"eth ip6 mobility hip shim6 frag frag:mf=1 udp:port=68",
	"eth ip6 auth:size=16 frag:off=3,mf=1 data:16",
	"eth pppoe ip6:payload=0 jumbo udp data:4",
	"eth ip4:mf=1 tcp:off=9,port=8100 data:4",
	"eth ip4:frag=1 udp data:8",
	"eth qinq ip4 sctp:port=2905 data:4 end data:6",
	"eth ip4 dccp:port=5000 data:4",
	"eth ip6 lite:port=546 data:3",
	"eth ip6 hop icmp6:type=143 data:16",
	"eth ip4:size=24 igmp",
	"eth ip4 icmp data:8",
};

static struct judge judge;

/* Compares the opinions on the frame in one buffer and in several. */
static void agrees(struct agreement *agreement, const uint8_t *frame, size_t length)
{
	static unsigned int turn;
	size_t first_bytes = first_buffer(turn++ % FIRST_BUFFERS, length);

	agreement_frame(agreement, frame, length);
	if (judge.in_buffers && !ends_in_first_buffer(frame, first_bytes))
		agreement_frame_in_buffers(agreement, frame, length, first_bytes);
}

static uint64_t number_of(const char *name, uint64_t usual_number)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : usual_number;
}

/* A linear congruential step (Knuth's MMIX): good enough for choosing rules. */
static uint32_t chance(uint64_t *state, uint32_t limit)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % limit;
}

static void make_many_rules(void)
{
	static const char *const transports[] = { "tcp", "udp", "sctp", "dccp" };
	uint64_t state = SEED_USUAL;

	for (int i = 0; i < MANY_RULES; i++) {
		for (int j = 0; j < INTERVALS_EACH; j++) {
			uint32_t low = chance(&state, 65536);
			uint32_t high = low + chance(&state, chance(&state, 8) ? 300 : 9000);

			many_intervals[i][j] =
				(struct oracle_interval){ transports[chance(&state, 4)],
							  (uint16_t)low,
							  (uint16_t)(high > 65535 ? 65535 : high) };
		}
		snprintf(many_names[i], NAME_SIZE, "r%d", i);
		many[i] = (struct oracle_rule)RULE(many_names[i], chance(&state, 2),
						   many_intervals[i], INTERVALS_EACH);
	}
}

static struct agreement begin(const struct policy_case *policy_case)
{
	uint64_t state = SEED_USUAL;
	struct oracle_policy policy;

	oracle_policy_defaults(&policy, policy_case->default_drop, policy_case->forwards_ipv6);
	policy.default_monitor = policy_case->default_monitor;
	policy.dhcp_client = !policy_case->no_dhcp_client;
	oracle_policy_rules(&policy, policy_case->rules, policy_case->rule_count);
	for (int knob = 0; knob < KNOB_COUNT; knob++) {
		if (policy_case->knobs == FLIPPED)
			policy.knob_drops[knob] = !policy.knob_drops[knob];
		if (policy_case->knobs == MIXED)
			policy.knob_drops[knob] = chance(&state, 2);
	}
	return agreement_begin(&judge, &policy, policy_case->monitor,
			       policy_case->knobs != LEFT_OUT, policy_case->forwards_ipv6);
}

static void on_generated_frames(void **state)
{
	const struct policy_case *policy_case = *state;
	uint64_t frames = number_of("PORTSIEVE_FUZZ_FRAMES", FRAMES_USUAL) / ARRAY_SIZE(cases) + 1;
	uint64_t seed = number_of("PORTSIEVE_FUZZ_SEED", SEED_USUAL) + (policy_case - cases);
	struct agreement agreement = begin(policy_case);
	uint8_t frame[GRAMMAR_SIZE_MIN];
	struct grammar grammar;

	printf("# %llu frames, seed %llu\n", (unsigned long long)frames, (unsigned long long)seed);
	grammar_init(&grammar, seed);
	for (size_t i = 0; i < policy_case->rule_count; i++)
		for (size_t j = 0; j < policy_case->rules[i].interval_count; j++)
			grammar_add_range(&grammar, policy_case->rules[i].intervals[j].low,
					  policy_case->rules[i].intervals[j].high);
	for (uint64_t i = 0; i < frames; i++) {
		size_t length = grammar_frame(&grammar, frame, sizeof(frame), ANY);

		agrees(&agreement, frame, length);
	}
	agreement_end(&agreement);
}

/* *state is the policy's number. */
static void with_addresses_on_generated_frames(void **state)
{
	static struct address_policy address_policy;
	size_t number = (size_t)*state;
	uint64_t frames =
		number_of("PORTSIEVE_FUZZ_FRAMES", ADDRESS_FRAMES_USUAL) / ADDRESS_POLICIES;
	uint64_t seed = number_of("PORTSIEVE_FUZZ_SEED", SEED_USUAL) * ADDRESS_POLICIES + number;
	struct agreement agreement;
	uint8_t frame[GRAMMAR_SIZE_MIN];
	struct grammar grammar;

	address_policy_make(&address_policy, seed);
	agreement = agreement_begin(&judge, &address_policy.policy, number % 8 == 7, false, false);
	grammar_init(&grammar, seed);
	address_policy_teach(&address_policy, &grammar);
	for (uint64_t i = 0; i < frames; i++) {
		size_t length = grammar_frame(&grammar, frame, sizeof(frame), i % 2 ? ANY : VALID);

		if (i % IN_BUFFERS_ONE_OF)
			agreement_frame(&agreement, frame, length);
		else
			agrees(&agreement, frame, length);
	}
	agreement_end(&agreement);
}

static void on_deep_frames_cut_at_every_byte(void **state)
{
	static uint8_t frame[RECIPE_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct agreement agreement = begin(&cases[i]);

		for (size_t j = 0; j < ARRAY_SIZE(deep); j++) {
			size_t length = recipe_frame(deep[j], frame);

			for (size_t cut = TESTRUN_FRAME_MIN; cut <= length; cut++)
				agrees(&agreement, frame, cut);
		}
		agreement_end(&agreement);
	}
}

/* Skips the Ethernet addresses, which have no influence. */
static void every_value_in_every_byte(struct agreement *agreement, uint8_t *frame, size_t length)
{
	for (size_t at = 12; at < length; at++) {
		uint8_t right = frame[at];

		for (int value = 0; value < 256; value++) {
			frame[at] = (uint8_t)value;
			agrees(agreement, frame, length);
		}
		frame[at] = right;
	}
}

static void on_deep_frames_with_every_value_in_every_byte(void **state)
{
	static uint8_t frame[RECIPE_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct agreement agreement = begin(&cases[i]);

		for (size_t j = 0; j < ARRAY_SIZE(deep); j++)
			every_value_in_every_byte(&agreement, frame, recipe_frame(deep[j], frame));
		agreement_end(&agreement);
	}
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
	static struct CMUnitTest tests[ARRAY_SIZE(cases) + 2 + ADDRESS_POLICIES] = {
		cmocka_unit_test(on_deep_frames_cut_at_every_byte),
		cmocka_unit_test(on_deep_frames_with_every_value_in_every_byte),
	};

	make_many_rules();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[2 + i] = (struct CMUnitTest){ cases[i].name, on_generated_frames, NULL, NULL,
						    (void *)&cases[i] };
	for (size_t i = 0; i < ADDRESS_POLICIES; i++)
		tests[2 + ARRAY_SIZE(cases) + i] =
			(struct CMUnitTest){ "with addresses and ends",
					     with_addresses_on_generated_frames, NULL, NULL,
					     (void *)i };
	return _cmocka_run_group_tests("program and oracle agree", tests, ARRAY_SIZE(tests),
				       open_judge, close_judge);
}

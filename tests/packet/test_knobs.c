// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each knob of `portless` alone: omitted, allow and drop, under both defaults. Every value of ICMP
 * types and TCP flags.
 */
#include "cmocka_first.h"
#include "recipe.h"
#include "judge.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"

/* The default of an omitted knob. */
enum left_out { ALLOWS, DROPS, AS_THE_DEFAULT, DROPS_IF_ANY };

static const struct knob_test {
	const char *knob;
	const char *packet;	    /* that the knob decides */
	const char *reason;	    /* the row that counts it if the knob drops */
	const char *allowed_reason; /* the row if the knob allows; NULL: the same */
	enum left_out left_out;
} knob_tests[] = {
	{ "later_fragment", "eth ip4:frag=2,proto=17 data:8", "later-fragment", NULL, ALLOWS },
	{ "tiny_fragment", "eth ip4:mf=1 tcp:size=16", "tiny-fragment", NULL, DROPS },
	{ "other_protocol", "eth ip4:proto=47 data:8", "other-protocol", NULL, ALLOWS },
	{ "no_port", "eth ip6 esp", "no-port", NULL, ALLOWS },
	{ "vlan_depth", "eth vlan vlan vlan ip4 udp", "vlan-depth", NULL, DROPS_IF_ANY },
	{ "mpls", "eth:type=0x8847 data:46", "mpls", NULL, AS_THE_DEFAULT },
	{ "icmp_echo", "eth ip4 icmp:type=8", "icmp", NULL, ALLOWS },
	{ "icmp_other", "eth ip4 icmp:type=5", "icmp", NULL, AS_THE_DEFAULT },
	{ "icmpv6_echo", "eth ip6 icmp6:type=128", "icmpv6", NULL, ALLOWS },
	{ "icmpv6_mobility", "eth ip6 icmp6:type=144", "icmpv6", NULL, AS_THE_DEFAULT },
	{ "icmpv6_other", "eth ip6 icmp6:type=137", "icmpv6", NULL, AS_THE_DEFAULT },
	{ "ext_depth", "eth ip6 dst dst dst dst dst dst dst dst dst udp", "ext-depth", NULL,
	  DROPS_IF_ANY },
	{ "jumbogram", "eth ip6:payload=0 jumbo", "jumbogram", NULL, AS_THE_DEFAULT },
	{ "hop_by_hop", "eth ip6 hop none", "ext-header", "no-port", ALLOWS },
	{ "routing", "eth ip6 route:type=2 none", "ext-header", "no-port", ALLOWS },
	{ "routing_type_0", "eth ip6 route:type=0 none", "routing-header", "no-port", DROPS },
	{ "routing_type_1", "eth ip6 route:type=1 none", "routing-header", "no-port", DROPS },
	{ "routing_type_3", "eth ip6 route:type=3 none", "routing-header", "no-port", DROPS },
	{ "routing_type_4", "eth ip6 route:type=4 none", "routing-header", "no-port", DROPS },
	{ "source_route", "eth ip4:size=28,proto=47 poke:34=8307040000000000", "source-route",
	  "other-protocol", DROPS },
	{ "fragment", "eth ip6 frag none", "ext-header", "no-port", ALLOWS },
	{ "authentication", "eth ip6 auth none", "ext-header", "no-port", ALLOWS },
	{ "destination_options", "eth ip6 dst none", "ext-header", "no-port", ALLOWS },
	{ "mobility", "eth ip6 mobility none", "ext-header", "no-port", ALLOWS },
	{ "hip", "eth ip6 hip none", "ext-header", "no-port", ALLOWS },
	{ "shim6", "eth ip6 shim6 none", "ext-header", "no-port", ALLOWS },
	{ "bad_flags", "eth ip4 tcp:port=23,flags=3", "bad-flags", NULL, DROPS },
};
/* The two first knobs are fixed and have no name. */
static_assert(ARRAY_SIZE(knob_tests) == PORTSIEVE_KNOBS - 2, "every knob has a test");

#define SHUT "rules: [{name: shut, action: drop, ports: tcp/23}]\n"

static uint8_t frame[RECIPE_FRAME_MAX];
static struct judge judge;

static void judged_as(const char *policy, const struct policy_host *host,
		      const struct knob_test *test, bool drop)
{
	struct judgement judgement;
	const char *reason = drop || !test->allowed_reason ? test->reason : test->allowed_reason;

	judge_apply(&judge, policy, host);
	judgement = judge_counted(&judge, frame, recipe_frame(test->packet, frame));
	assert_int_equal(judgement.drop, drop);
	assert_int_equal(judgement.dropped, drop);
	assert_string_equal(judgement.reason, reason);
}

static void knob_decides(void **state)
{
	static const char *const defaults[] = { "allow", "drop" };
	const struct knob_test *test = *state;
	char policy[512];

	for (int drop = 0; drop < 2; drop++) {
		/* DROPS_IF_ANY: both policies have a drop rule */
		bool left_out = test->left_out == DROPS || test->left_out == DROPS_IF_ANY ||
				(test->left_out == AS_THE_DEFAULT && drop);

		snprintf(policy, sizeof(policy), "version: 1\ndefault: %s\n" SHUT, defaults[drop]);
		judged_as(policy, NULL, test, left_out);
		for (int choice = 0; choice < 2; choice++) {
			snprintf(policy, sizeof(policy),
				 "version: 1\ndefault: %s\n" SHUT "portless: {%s: %s}\n",
				 defaults[drop], test->knob, defaults[choice]);
			judged_as(policy, NULL, test, choice);
		}
	}
}

static void mobility_passes_where_the_host_forwards(void **state)
{
	const struct policy_host router = { .ephemeral_low = 32768,
					    .ephemeral_high = 60999,
					    .forwards_ipv6 = true };
	const struct knob_test test = { .packet = "eth ip6 icmp6:type=146", .reason = "icmpv6" };

	(void)state;
	judged_as("version: 1\ndefault: drop\n", &router, &test, false);
	judged_as("version: 1\ndefault: drop\nportless: {icmpv6_mobility: drop}\n", &router, &test,
		  true);
}

/* Without a drop rule, under default allow, nothing is dropped: no header needs to be read. */
static void depth_passes_where_nothing_is_dropped(void **state)
{
	static const char *const only_allows[] = {
		"version: 1\n",
		"version: 1\nrules: [{name: open, action: allow, ports: tcp/23}]\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(knob_tests); i++)
		for (size_t j = 0; j < ARRAY_SIZE(only_allows); j++)
			if (knob_tests[i].left_out == DROPS_IF_ANY)
				judged_as(only_allows[j], NULL, &knob_tests[i], false);
}

static void depth_drops_beside_a_runtime_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(knob_tests); i++)
		if (knob_tests[i].left_out == DROPS_IF_ANY)
			judged_as("version: 1\nruntime: [{name: shut, action: drop, ports: "
				  "tcp/23}]\n",
				  NULL, &knob_tests[i], true);
}

/* Every type, under default allow with one knob on drop: exactly the listed ones are dropped. */
static void only_these_drop(const char *knob, bool ipv6, const char *ranges)
{
	bool listed[256] = { false };
	char policy[256];
	size_t length, type_at = ipv6 ? 14 + 40 : 14 + 20;

	for (const char *at = ranges; *at; at += strcspn(at, " "), at += *at == ' ') {
		int low, high, count = sscanf(at, "%d-%d", &low, &high);

		for (int type = low; type <= (count == 2 ? high : low); type++)
			listed[type] = true;
	}
	snprintf(policy, sizeof(policy), "version: 1\nportless: {%s: drop}\n", knob);
	judge_apply(&judge, policy, NULL);
	length = recipe_frame(ipv6 ? "eth ip6 icmp6" : "eth ip4 icmp", frame);
	for (int type = 0; type < 256; type++) {
		struct judgement judgement;

		frame[type_at] = (uint8_t)type;
		judgement = judge_frame(&judge, frame, length);
		if (judgement.drop != listed[type])
			fail_msg("%s, type %d", knob, type);
		assert_string_equal(judgement.reason, ipv6 ? "icmpv6" : "icmp");
	}
}

static void icmp_types_follow_their_knobs(void **state)
{
	(void)state;
	only_these_drop("icmp_echo", false, "0 8");
	only_these_drop("icmp_other", false, "1-2 4-7 9-10 13-255");
}

static void icmpv6_types_follow_their_knobs(void **state)
{
	(void)state;
	only_these_drop("icmpv6_echo", true, "128-129");
	only_these_drop("icmpv6_mobility", true, "144-147");
	only_these_drop("icmpv6_other", true, "0 5-127 137-140 150 154-255");
}

/* The page's row L6, flag by flag. */
static bool flags_are_bad(unsigned int flags)
{
	bool fin = flags & 1, syn = flags & 2, rst = flags & 4, ack = flags & 16;

	return (syn && fin) || (syn && rst) || !(flags & 0x3f) || (fin && !ack);
}

static void every_combination_of_flags_is_judged(void **state)
{
	(void)state;
	judge_apply(&judge, "version: 1\ndefault: allow\n" SHUT, NULL);
	for (unsigned int flags = 0; flags < 256; flags++) {
		struct judgement shut, open;
		char packet[64];
		bool is_new = (flags & 0x12) == 0x02;

		snprintf(packet, sizeof(packet), "eth ip4 tcp:port=23,flags=%u", flags);
		shut = judge_counted(&judge, frame, recipe_frame(packet, frame));
		assert_true(shut.dropped);
		assert_string_equal(shut.reason, flags_are_bad(flags) ? "bad-flags" : "rule");
		assert_int_equal(shut.new_connection, is_new && !flags_are_bad(flags));
		snprintf(packet, sizeof(packet), "eth ip6 tcp:port=24,flags=%u", flags);
		open = judge_counted(&judge, frame, recipe_frame(packet, frame));
		assert_false(open.dropped);
		assert_string_equal(open.reason, "default");
		assert_int_equal(open.new_connection, is_new);
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
	enum { OTHER_TESTS = 6 };
	static struct CMUnitTest tests[ARRAY_SIZE(knob_tests) + OTHER_TESTS] = {
		cmocka_unit_test(mobility_passes_where_the_host_forwards),
		cmocka_unit_test(depth_passes_where_nothing_is_dropped),
		cmocka_unit_test(depth_drops_beside_a_runtime_rule),
		cmocka_unit_test(icmp_types_follow_their_knobs),
		cmocka_unit_test(icmpv6_types_follow_their_knobs),
		cmocka_unit_test(every_combination_of_flags_is_judged),
	};

	for (size_t i = 0; i < ARRAY_SIZE(knob_tests); i++)
		tests[OTHER_TESTS + i] = (struct CMUnitTest){ knob_tests[i].knob, knob_decides,
							      NULL, NULL, (void *)&knob_tests[i] };
	return _cmocka_run_group_tests("knobs", tests, ARRAY_SIZE(tests), open_judge, close_judge);
}

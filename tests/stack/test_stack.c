/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own stack as the judge of the filter: directed and generated frames into two
 * namespaces, one filtered, with sockets on every port of both. PORTSIEVE_STACK_FRAMES: how many
 * generated frames over all scenarios; PORTSIEVE_STACK_SEED: their seed.
 */
#include "cmocka_first.h"
#include "judge.h"

#include <assert.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "directed.h"

enum {
	FRAMES_USUAL = 1000000,
	SEED_USUAL = 20261128,
	SCENARIOS = 2 * 2 * DIRECTED_POLICIES, /* modes, sysctls, policies */
	TESTS_MAX = 1000,
	NAME_SIZE = 256,
	SHARE_MIN = 200,      /* one of so many shots at least reaches each protocol */
	LOST_SHARE_MAX = 100, /* one of so many frames at most may be lost */
};

/* -- policies -- */

static bool is_open_port(uint16_t port)
{
	return port == 53 || port == 80 || port == 443 || (port >= 2000 && port <= 2999);
}

static bool denied_by_default(const struct lab_receipt *receipt)
{
	return !is_open_port(receipt->port);
}

static bool denied_by_rule(const struct lab_receipt *receipt)
{
	return receipt->port == 22 || receipt->port == 23 || receipt->port == 161 ||
	       (receipt->port >= 3000 && receipt->port <= 3999);
}

static bool denied_by_address(const struct lab_receipt *receipt)
{
	return receipt->second;
}

#define PORTS(list) "tcp+udp/" list " sctp/" list " dccp/" list

static const struct judge_policy policies[DIRECTED_POLICIES] = {
	[DEFAULT_DROP] = { "default drop",
			   "version: 1\nreturn: none\ndefault: drop\ndhcp_client: off\nrules:\n"
			   "  - {name: open, action: allow, ports: \"" PORTS(
				   "53,80,443,2000-2999") "\"}\n",
			   true, denied_by_default },
	[DROP_RULE] = { "a drop rule",
			"version: 1\nreturn: none\ndefault: allow\nrules:\n"
			"  - {name: closed, action: drop, ports: \"" PORTS(
				"22,23,161,3000-3999") "\"}\n",
			false, denied_by_rule },
	[DROP_TO] = { "a drop rule with an address",
		      "version: 1\nreturn: none\ndefault: allow\nrules:\n"
		      "  - {name: second, action: drop, ports: \"" PORTS(
			      "all") "\",\n"
				     "     to: [198.51.100.2, \"2001:db8::2\"]}\n",
		      false, denied_by_address },
};

/* -- scenarios -- */

static struct scenario {
	struct lab_setting setting;
	const struct judge_policy *policy;
	enum directed_policy which;
} scenarios[SCENARIOS];

struct test {
	const struct scenario *scenario;
	const struct directed *directed; /* NULL: generated shots */
	char name[NAME_SIZE];
};

static struct judge judge;
static const struct scenario *entered; /* whose lab is open */

static void scenario_leave(void)
{
	if (entered)
		lab_close(&judge.lab);
	entered = NULL;
}

static void scenario_enter(const struct scenario *scenario)
{
	if (scenario == entered)
		return;
	scenario_leave();
	assert_int_equal(lab_open(&scenario->setting, &judge.lab), 0);
	entered = scenario;
	judge.policy = scenario->policy;
	judge.next_id = 1;
	memset(&judge.counts, 0, sizeof(judge.counts));
}

static void test_directed(void **state)
{
	const struct test *test = *state;
	const struct directed *directed = test->directed;
	struct judge_finding finding;
	static struct shot shot;

	scenario_enter(test->scenario);
	shot_from_words(&shot, directed->words, directed->target);
	assert_int_equal(judge_directed(&judge, &shot, directed->words, &finding), 0);
	if (finding.bypass)
		fail_msg("a bypass");
	if (finding.heard_open != !directed->refused)
		fail_msg("the open side %s it",
			 finding.heard_open ? "received" : "did not receive");
	if (finding.false_drop != (directed->entry != NULL))
		fail_msg("%s", finding.false_drop ? "a false drop" : "no false drop");
	if (directed->entry)
		assert_string_equal(facts_name(finding.entry), directed->entry);
}

static uint64_t number_of(const char *name, uint64_t usual)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : usual;
}

static void counts_print(const struct judge_counts *counts, double seconds)
{
	printf("# %lu frames, %.0f frames/s each way; received on the open side: tcp %lu, udp %lu, "
	       "lite %lu, sctp %lu, dccp %lu, on denied ports %lu\n",
	       counts->frames, (double)counts->frames / seconds, counts->receipts[6],
	       counts->receipts[17], counts->receipts[136], counts->receipts[132],
	       counts->receipts[33], counts->denied);
	printf("# dropped on purpose:");
	for (int i = 0; i < FACTS_NONE; i++)
		printf(" %s %lu", facts_name(i), counts->false_drops[i]);
	printf("; strays %lu, unsteady %lu\n", counts->strays, counts->unsteady);
}

static void test_generated(void **state)
{
	static const uint8_t protocols[] = { 6, 17, 136, 132, 33 };
	const struct test *test = *state;
	uint64_t number = (uint64_t)(test->scenario - scenarios), lost;
	uint64_t frames = number_of("PORTSIEVE_STACK_FRAMES", FRAMES_USUAL) / SCENARIOS + 1;
	uint64_t seed = number_of("PORTSIEVE_STACK_SEED", SEED_USUAL);
	struct timespec begun, ended;

	scenario_enter(test->scenario);
	memset(&judge.counts, 0, sizeof(judge.counts));
	clock_gettime(CLOCK_MONOTONIC, &begun);
	assert_int_equal(judge_generated(&judge, seed, number << 40, frames), 0);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	counts_print(&judge.counts, (double)(ended.tv_sec - begun.tv_sec) +
					    (double)(ended.tv_nsec - begun.tv_nsec) / 1e9);
	assert_int_equal(judge.counts.bypasses, 0);
	assert_int_equal(judge.counts.fleeting, 0);
	assert_int_equal(judge.counts.unexplained, 0);
	/* The judge must have something to judge, and see it. */
	assert_int_equal(lab_read_lost(&judge.lab, &lost), 0);
	if (lost)
		printf("# lost %lu frames on a full CPU\n", lost);
	assert_true(lost <= judge.counts.frames / LOST_SHARE_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		assert_true(judge.counts.receipts[protocols[i]] >= judge.counts.shots / SHARE_MIN);
	assert_true(judge.counts.denied >= judge.counts.shots / SHARE_MIN);
}

/* What the judge excuses, the page has to say, and the other way round but for D13. */
static void page_lists_each_entry(void **state)
{
	_cleanup_fclose_ FILE *file = fopen("docs/packets.md", "re");
	_cleanup_free_ char *text = NULL;
	const char *section;
	size_t size = 0;
	char start[16];

	(void)state;
	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	section = strstr(text, "\n## What Linux delivers and portsieve drops on purpose\n");
	assert_non_null(section);
	for (int i = 0; i < FACTS_NONE; i++) {
		snprintf(start, sizeof(start), "\n| %s |", facts_name(i));
		section = strstr(section, start);
		assert_non_null(section);
	}
	assert_non_null(strstr(section, "\n| D13 |"));
	assert_null(strstr(section, "\n| D14 |"));
}

static void scenarios_make(void)
{
	for (size_t i = 0; i < SCENARIOS; i++) {
		struct scenario *s = &scenarios[i];

		s->which = i % DIRECTED_POLICIES;
		s->policy = &policies[s->which];
		s->setting = (struct lab_setting){ .generic = i / DIRECTED_POLICIES / 2,
						   .permissive = i / DIRECTED_POLICIES % 2,
						   .policy = s->policy->text };
	}
}

static void test_add(struct CMUnitTest *tests, size_t *count, const struct scenario *scenario,
		     const struct directed *directed)
{
	static struct test all[TESTS_MAX];
	struct test *test = &all[*count];
	const char *sentence = directed ? directed->sentence : "generated frames";

	assert(*count < TESTS_MAX);
	test->scenario = scenario;
	test->directed = directed;
	snprintf(test->name, NAME_SIZE, "%s, %s sysctls, %s: %s",
		 scenario->setting.generic ? "generic" : "native",
		 scenario->setting.permissive ? "permissive" : "default", scenario->policy->name,
		 sentence);
	tests[(*count)++] =
		(struct CMUnitTest){ .name = test->name,
				     .test_func = directed ? test_directed : test_generated,
				     .initial_state = test };
}

static int leave_last(void **state)
{
	(void)state;
	scenario_leave();
	return 0;
}

/* Frames wait in lists of the CPU that sent them: on another one, a control frame could pass them.
 */
static int stay_on_cpu(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	return sched_setaffinity(0, sizeof(here), &here);
}

int main(void)
{
	static struct CMUnitTest tests[TESTS_MAX];
	size_t count = 0;

	if (stay_on_cpu())
		return 1;

	scenarios_make();
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(page_lists_each_entry);
	for (size_t i = 0; i < SCENARIOS; i++) {
		for (const struct directed *d = directed_cases; d->sentence; d++)
			if (d->policy == scenarios[i].which &&
			    d->permissive == scenarios[i].setting.permissive)
				test_add(tests, &count, &scenarios[i], d);
		test_add(tests, &count, &scenarios[i], NULL);
	}
	return _cmocka_run_group_tests("the kernel's stack as the judge", tests, count, NULL,
				       leave_last);
}

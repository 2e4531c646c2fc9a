/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies swapped under load: every packet is judged by one policy, whole, and no count of a range
 * that stays is lost. Two witnesses are independent of portsieve: the driver's counters before its
 * verdicts take effect, and a program after them. The last tests are controls: broken filters and
 * swaps, which the same checks must detect. Nothing here depends on speed; the rate is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "reader.h"
#include "swaps.h"

enum {
	SWAPS = 1000,
	SWAPS_CONTROL = 301,
	STATS_EVERY = 50,
	SECONDS_LIMIT = 240, /* for all tests: only a hang takes so long */
	FLOOD_TRIES = 500,   /* of 10 ms */
};

/* One run: how policies are swapped, by whom they are judged. */
struct scenario {
	const char *sentence;
	const char *program; /* of torn.bpf.c; NULL: portsieve's */
	unsigned int swaps;
	swap_fn *even, *odd; /* the first swap is number 0 */
	bool addresses;	     /* policies that ask for the packets' source */
};

struct outcome {
	struct findings findings;
	struct tally tally; /* at the end */
	struct lab_device device;
	uint64_t swaps_failed;
	uint64_t miscounted; /* difference between the packets of all rows and the device's */
	uint64_t misjudged;  /* the same for the packets dropped, and for those passed by band */
	double seconds;
};

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void flood_await(void)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	struct lab_device device = { 0 };

	for (int tries = 0; !device.received && tries < FLOOD_TRIES; tries++) {
		nanosleep(&pause, NULL);
		assert_int_equal(lab_device_read(&device), 0);
	}
	assert_true(device.received > 0);
}

static uint64_t difference(uint64_t one, uint64_t other)
{
	return one > other ? one - other : other - one;
}

/* The witness's packets in a rule's band, against the packets the rule has passed. */
static uint64_t misjudged_in_band(const struct lab *lab, const struct tally *tally,
				  enum tally_rule rule)
{
	const struct tally_row *row = &tally_rows[rule];
	uint64_t passed = tally->rule[rule].verdict[PORTSIEVE_PASSED].packets;
	uint64_t witnessed;

	if (rule == X_DROP || rule == Y_DROP || rule == ONLY_B || rule == STRAY)
		return 0;   /* the other rule of the band passes for all */
	if (rule == ONLY_A) /* nothing else that passes is ever retired */
		passed += tally->retired.verdict[PORTSIEVE_PASSED].packets;
	assert_int_equal(lab_witness_read(lab, row->low, row->high, &witnessed), 0);
	return difference(passed, witnessed);
}

static void judge(const struct lab *lab, struct outcome *outcome)
{
	const struct tally *tally = &outcome->tally;
	uint64_t dropped = tally->all.verdict[PORTSIEVE_DROPPED].packets;

	assert_int_equal(lab_device_read(&outcome->device), 0);
	outcome->miscounted = difference(tally_packets(&tally->all), outcome->device.received);
	outcome->misjudged = difference(dropped, outcome->device.dropped);
	for (enum tally_rule rule = 0; rule < TALLY_RULES; rule++)
		outcome->misjudged += misjudged_in_band(lab, tally, rule);
}

static void stats_by_command(void)
{
	static const char *const argv[] = { LAB_BINARY, "stats", LAB_RECEIVER, "-j", NULL };

	assert_int_equal(lab_run(argv), 0);
}

static uint64_t swap_many(const struct scenario *scenario, const struct lab *lab)
{
	struct error error = { 0 };
	uint64_t failed = 0;

	for (unsigned int n = 0; n < scenario->swaps; n++) {
		enum swap_policy policy = (n % 2 ? SWAP_A : SWAP_B) +
					  (scenario->addresses ? SWAP_A_ADDRESSES : SWAP_A);
		/* the two ways change sides now and then, so that each goes from A to B and back */
		bool odd = n % 2 != n / STATS_EVERY % 2;
		swap_fn *swap = odd ? scenario->odd : scenario->even;

		if (swap(lab, policy, &error)) {
			failed++;
			print_message("# swap %u: %s\n", n, error.text);
		}
		if (n % STATS_EVERY == 0)
			stats_by_command();
	}
	return failed;
}

static void report(const struct scenario *scenario, const struct outcome *outcome)
{
	const struct findings *findings = &outcome->findings;
	const struct portsieve_counter *rule = outcome->tally.rule;
	uint64_t by_a = rule[X_PASS].verdict[PORTSIEVE_PASSED].packets +
			rule[Y_DROP].verdict[PORTSIEVE_DROPPED].packets;
	uint64_t by_b = rule[X_DROP].verdict[PORTSIEVE_DROPPED].packets +
			rule[Y_PASS].verdict[PORTSIEVE_PASSED].packets;

	print_message("# %s: %u swaps in %.1f s, %" PRIu64 " packets, %.2f M packets/s\n",
		      scenario->sentence, scenario->swaps, outcome->seconds,
		      outcome->device.received,
		      (double)outcome->device.received / outcome->seconds / 1e6);
	print_message("#   to ports 10000-11999: judged by A %" PRIu64 ", by B %" PRIu64 "\n", by_a,
		      by_b);
	print_message("#   torn %" PRIu64 ", misjudged %" PRIu64 ", miscounted %" PRIu64
		      "; %" PRIu64 " reads: %" PRIu64 " counts went backwards, sum of all %" PRIu64
		      " times; failed: %" PRIu64 " reads, %" PRIu64 " swaps\n",
		      findings_torn(findings), outcome->misjudged, outcome->miscounted,
		      findings->reads, findings->backwards, findings->all_backwards,
		      findings->reads_failed, outcome->swaps_failed);
}

/* Runs during the flood. */
static void run_under_load(const struct scenario *scenario, struct lab *lab,
			   struct outcome *outcome)
{
	_cleanup_free_ struct reader *reader = calloc(1, sizeof(*reader));
	double begun;

	assert_non_null(reader);
	assert_int_equal(lab_flood_start(lab), 0);
	flood_await();
	begun = now_seconds();
	assert_int_equal(reader_start(reader, lab->ifindex), 0);
	outcome->swaps_failed = swap_many(scenario, lab);
	outcome->seconds = now_seconds() - begun;
	assert_int_equal(lab_flood_stop(lab), 0);
	reader_stop(reader);
	if (reader->findings.reads_failed)
		print_message("# a read failed: %s\n", reader->error.text);
	outcome->findings = reader->findings;
	outcome->tally = reader->last;
}

static struct outcome run(const struct scenario *scenario, struct lab *lab)
{
	struct outcome outcome = { 0 };
	struct error error = { 0 };

	assert_int_equal(lab_open(swap_paths[scenario->addresses ? SWAP_A_ADDRESSES : SWAP_A], lab),
			 0);
	if (scenario->program)
		assert_int_equal(swap_program(lab, scenario->program, &error), 0);
	run_under_load(scenario, lab, &outcome);
	judge(lab, &outcome);
	report(scenario, &outcome);
	lab_close(lab);
	/* In every scenario there was something to see. */
	for (enum tally_rule rule = 0; rule < ONLY_A; rule++)
		assert_true(tally_packets(&outcome.tally.rule[rule]) > 0);
	assert_int_equal(outcome.findings.reads_failed, 0);
	assert_int_equal(outcome.swaps_failed, 0);
	return outcome;
}

static void assert_nothing_wrong(const struct outcome *outcome)
{
	assert_int_equal(findings_torn(&outcome->findings), 0);
	assert_int_equal(outcome->misjudged, 0);
	assert_int_equal(outcome->findings.backwards, 0);
	assert_int_equal(outcome->miscounted, 0);
	assert_int_equal(outcome->findings.all_backwards, 0);
}

static void swaps_under_load_tear_no_packet_and_lose_no_count(void **state)
{
	static const struct scenario scenario = {
		.sentence = "portsieve, applied by command and by call in turn",
		NULL,
		SWAPS,
		swap_by_command,
		swap_by_call,
	};
	struct outcome outcome = run(&scenario, *state);

	assert_nothing_wrong(&outcome);
}

static void addresses_are_swapped_with_the_rest_of_the_policy(void **state)
{
	static const struct scenario scenario = {
		.sentence = "policies with addresses, applied by command and by call in turn",
		NULL,
		SWAPS / 2,
		swap_by_command,
		swap_by_call,
		.addresses = true,
	};
	struct outcome outcome = run(&scenario, *state);

	assert_nothing_wrong(&outcome);
}

static void one_look_up_in_the_control_program_tears_nothing(void **state)
{
	static const struct scenario scenario = {
		.sentence = "control, one look-up",
		"whole",
		SWAPS_CONTROL,
		swap_by_call,
		swap_by_call,
	};
	struct outcome outcome = run(&scenario, *state);

	assert_nothing_wrong(&outcome);
}

/* See cpus_divide in lab.c. */
static void skip_on_one_cpu(void)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
}

static void two_look_ups_for_entry_and_row_are_caught(void **state)
{
	static const struct scenario scenario = {
		.sentence = "control, entry and row from two look-ups",
		"torn_rows",
		SWAPS_CONTROL,
		swap_by_call,
		swap_by_call,
	};
	struct outcome outcome;

	skip_on_one_cpu();
	outcome = run(&scenario, *state);
	assert_true(findings_torn(&outcome.findings) > 0);
}

static void two_look_ups_for_row_and_verdict_are_caught(void **state)
{
	static const struct scenario scenario = {
		.sentence = "control, row and verdict from two look-ups",
		"torn_verdicts",
		SWAPS_CONTROL,
		swap_by_call,
		swap_by_call,
	};
	struct outcome outcome;

	skip_on_one_cpu();
	outcome = run(&scenario, *state);
	assert_true(outcome.misjudged > 0);
}

static void a_row_taken_from_a_range_that_stays_is_caught(void **state)
{
	static const struct scenario scenario = {
		.sentence = "control, kept-pass gets new rows",
		NULL,
		10,
		swap_losing_rows,
		swap_losing_rows,
	};
	struct outcome outcome = run(&scenario, *state);

	assert_true(outcome.findings.backwards > 0);
	assert_true(outcome.misjudged > 0); /* kept-pass has less than the witness */
}

static void prefixes_swapped_before_the_policy_are_caught(void **state)
{
	static const struct scenario scenario = {
		.sentence = "control, prefixes before the policy",
		NULL,
		SWAPS_CONTROL,
		swap_prefixes_first,
		swap_prefixes_first,
		.addresses = true,
	};
	struct outcome outcome;

	skip_on_one_cpu();
	outcome = run(&scenario, *state);
	assert_true(outcome.findings.torn[STRAY] > 0);
}

static void counts_of_ended_ranges_thrown_away_are_caught(void **state)
{
	static const struct scenario scenario = {
		.sentence = "control, ended ranges' counts thrown away",
		NULL,
		10,
		swap_losing_retired,
		swap_losing_retired,
	};
	struct outcome outcome = run(&scenario, *state);

	assert_true(outcome.miscounted > 0);
}

static int set_up(void **state)
{
	static struct lab lab;
	struct error error = { 0 };

	alarm(SECONDS_LIMIT);
	*state = &lab;
	return swaps_open(&error);
}

static int tear_down(void **state)
{
	(void)state;
	swaps_close();
	return 0;
}

/* Cleans up after a failed test; after others there is nothing to close. */
static int clean(void **state)
{
	struct lab *lab = *state;

	if (lab->ifindex)
		lab_close(lab);
	return 0;
}

#define swap_test(function) cmocka_unit_test_teardown(function, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		swap_test(swaps_under_load_tear_no_packet_and_lose_no_count),
		swap_test(addresses_are_swapped_with_the_rest_of_the_policy),
		swap_test(one_look_up_in_the_control_program_tears_nothing),
		swap_test(two_look_ups_for_entry_and_row_are_caught),
		swap_test(two_look_ups_for_row_and_verdict_are_caught),
		swap_test(a_row_taken_from_a_range_that_stays_is_caught),
		swap_test(prefixes_swapped_before_the_policy_are_caught),
		swap_test(counts_of_ended_ranges_thrown_away_are_caught),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

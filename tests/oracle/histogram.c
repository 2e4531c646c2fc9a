// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which rows of docs/packets.md the generator reaches, and how fast generator and oracle are:
 *   histogram [frames] [seed]. Exits 1 when a reason or a row comes less than once in 5,000 frames.
 */
#include "grammar.h"
#include "oracle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLAUSES_MAX 96
#define RAREST	    5000
#define RANGE(t, a, b)                                                                             \
	{                                                                                          \
		.transport = t, .low = a, .high = b                                                \
	}

static const struct oracle_interval ssh[] = { RANGE("tcp", 22, 22) };
static const struct oracle_interval web[] = { RANGE("tcp", 80, 80), RANGE("tcp", 443, 443),
					      RANGE("udp", 443, 443) };
static const struct oracle_interval games[] = { RANGE("udp", 27000, 27100),
						RANGE("tcp", 27000, 27100),
						RANGE("sctp", 2905, 2905),
						RANGE("dccp", 5000, 6000) };
static const struct oracle_prefix near[] = {
	{ ORACLE_IPV4, 24, { 192, 0, 2 } },
	{ ORACLE_IPV6, 32, { 0x20, 0x01, 0x0d, 0xb8 } },
};
static const struct oracle_rule rules[] = {
	{ .name = "ssh", .intervals = ssh, .interval_count = 1, .from = { near, 2 } },
	{ .name = "web", .intervals = web, .interval_count = 3 },
	{ .name = "games", .drop = true, .intervals = games, .interval_count = 4 },
	{ .name = "neighbours", .drop = true, .from = { near, 2 } },
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct grammar grammar_of_rules(uint64_t seed)
{
	struct grammar grammar;

	grammar_init(&grammar, seed);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		for (size_t j = 0; j < rules[i].interval_count; j++)
			grammar_add_range(&grammar, rules[i].intervals[j].low,
					  rules[i].intervals[j].high);
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		grammar_add_prefix(&grammar, near[i].address, near[i].family == ORACLE_IPV6,
				   near[i].length);
	return grammar;
}

static void count(const char *clause, uint64_t counts[CLAUSES_MAX])
{
	const char *words, *reason;

	for (size_t i = 0; oracle_clause(i, &words, &reason); i++)
		counts[i] += !strcmp(oracle_clause(i, &words, &reason), clause);
}

/* E1 needs a frame that the kernel's test_run does not take. */
static int print_rows(const uint64_t counts[CLAUSES_MAX], uint64_t frames)
{
	const char *clause, *words, *reason;
	int rare = 0;

	for (size_t i = 0; (clause = oracle_clause(i, &words, &reason)); i++) {
		bool is_rare = counts[i] * RAREST < frames && strcmp(clause, "E1");

		printf("%-4s %-19s %9" PRIu64 "  1 in %-8.0f %s%s\n", clause, reason, counts[i],
		       counts[i] ? (double)frames / (double)counts[i] : 0.0, words,
		       is_rare ? "  RARE" : "");
		rare += is_rare;
	}
	return rare;
}

static void print_speed(uint64_t frames, uint64_t seed, const struct oracle_policy *policy)
{
	struct grammar grammar = grammar_of_rules(seed);
	uint8_t frame[GRAMMAR_SIZE_MIN];
	double start = seconds(), generated, bytes = 0;

	for (uint64_t i = 0; i < frames; i++)
		bytes += (double)grammar_frame(&grammar, frame, sizeof(frame), ANY);
	generated = seconds() - start;
	grammar = grammar_of_rules(seed);
	start = seconds();
	for (uint64_t i = 0; i < frames; i++)
		oracle_judge(policy, frame, grammar_frame(&grammar, frame, sizeof(frame), ANY));
	printf("%.0f bytes a frame, %.2f M frames/s generated, %.2f M frames/s judged\n",
	       bytes / (double)frames, (double)frames / generated / 1e6,
	       (double)frames / (seconds() - start - generated) / 1e6);
}

int main(int argc, char **argv)
{
	uint64_t frames = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct grammar grammar = grammar_of_rules(seed);
	uint64_t counts[CLAUSES_MAX] = { 0 };
	uint8_t frame[GRAMMAR_SIZE_MIN];
	struct oracle_policy policy;
	int rare;

	oracle_policy_defaults(&policy, true, false);
	oracle_policy_set(&policy, "shim6", true);
	policy.rules = rules;
	policy.rule_count = sizeof(rules) / sizeof(rules[0]);
	for (uint64_t i = 0; i < frames; i++) {
		size_t length = grammar_frame(&grammar, frame, sizeof(frame), ANY);

		count(oracle_judge(&policy, frame, length).clause, counts);
	}
	rare = print_rows(counts, frames);
	print_speed(frames, seed, &policy);
	return rare != 0;
}

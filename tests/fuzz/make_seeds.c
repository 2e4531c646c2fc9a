/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the seeds of the parser's fuzz target: for each row of docs/packets.md a frame that it
 * decides, valid if there is one, and as deep as a small frame can be. The same files each time:
 *   cc -Itests/oracle tests/fuzz/make_seeds.c $(ls tests/oracle/[!bht]*.c) -o build/make_seeds
 *   build/make_seeds tests/fuzz/seeds/parser
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar.h"
#include "oracle.h"

enum {
	CLAUSES_MAX = 96,
	FRAMES = 100000,
	SEED_BYTES_MAX = 160,
};

struct seed {
	uint8_t frame[SEED_BYTES_MAX];
	size_t size; /* 0: none yet */
};

static struct seed seeds[CLAUSES_MAX];

/* The rows' names, in order; NULL past the last. */
static const char *clause_at(size_t index)
{
	const char *words, *reason;

	return oracle_clause(index, &words, &reason);
}

static size_t index_of(const char *clause)
{
	for (size_t i = 0; clause_at(i); i++)
		if (!strcmp(clause_at(i), clause))
			return i;
	return CLAUSES_MAX - 1;
}

/* The longest small frame of each row: the deepest. Frames of a later kind only fill gaps. */
static void collect(const struct oracle_policy *policy, enum grammar_kind kind, const bool *filled)
{
	uint8_t frame[GRAMMAR_SIZE_MIN];
	struct grammar grammar;

	grammar_init(&grammar, 1);
	for (int n = 0; n < FRAMES; n++) {
		size_t size = grammar_frame(&grammar, frame, sizeof(frame), kind);
		size_t row = index_of(oracle_judge(policy, frame, size).clause);

		if (filled[row] || size > SEED_BYTES_MAX || size <= seeds[row].size)
			continue;
		memcpy(seeds[row].frame, frame, size);
		seeds[row].size = size;
	}
}

static void collect_all(const struct oracle_policy *policy)
{
	static const enum grammar_kind kinds[] = { VALID, MUTATED, TRUNCATED };
	bool filled[CLAUSES_MAX];

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (size_t row = 0; row < CLAUSES_MAX; row++)
			filled[row] = seeds[row].size > 0;
		collect(policy, kinds[k], filled);
	}
}

/*
 * A PPPoE session whose IPv4 header claims more than the session holds, while the frame continues:
 * malformed for every division into buffers. The last byte selects the division (fuzz_parser.c).
 */
static const struct seed session_too_short = {
	.frame = { [12] = 0x88, 0x64, 0x11, 0,	0, 1,	0,	   30, 0,  0x21, /* 30 bytes: IPv4,
										    UDP */
		   0x45,	0,    0,    48, 0, 0,	0,	   0,  64, 17,	 0,
		   0,		192,  0,    2,	1, 192, 0,	   2,  2,  0,	 53,
		   0x1f,	0x90, 0,    28, 0, 0,	[119] = 60 },
	.size = 120,
};

static void write_seed(const char *folder, const char *clause, const struct seed *seed)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, clause);
	file = fopen(path, "wb");
	if (!file || fwrite(seed->frame, 1, seed->size, file) != seed->size || fclose(file)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct oracle_policy policy;
	const char *clause;

	if (argc != 2) {
		fprintf(stderr, "usage: make_seeds FOLDER\n");
		return 2;
	}
	oracle_policy_defaults(&policy, true, false);
	oracle_policy_set(&policy, "shim6", true);
	collect_all(&policy);
	for (size_t row = 0; (clause = clause_at(row)); row++)
		if (seeds[row].size)
			write_seed(argv[1], clause, &seeds[row]);
	write_seed(argv[1], "session-too-short", &session_too_short);
	return 0;
}

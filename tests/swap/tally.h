/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of the rules of a.yaml and b.yaml in a snapshot, and the errors in them. A packet
 * judged by parts of two policies is visible: all rules but two have the same action in both
 * policies, but a different position.
 */
#ifndef SWAP_TALLY_H
#define SWAP_TALLY_H

#include <stdbool.h>

#include "datapath/snapshot.h"

enum tally_rule {
	X_PASS,
	X_DROP,
	Y_PASS,
	Y_DROP,
	KEPT_PASS,
	KEPT_DROP,
	FLIP,
	ONLY_A,
	ONLY_B,
	DEFAULT,
	STRAY,
	TALLY_RULES,
};

struct tally_row {
	const char *name;
	uint16_t low, high;
	int never;  /* the verdict that it must not have, or VERDICT_ANY */
	bool stays; /* in both policies */
};

enum { VERDICT_ANY = -1 };

extern const struct tally_row tally_rows[TALLY_RULES];

struct tally {
	struct portsieve_counter rule[TALLY_RULES]; /* zero where the policy has no such rule */
	struct portsieve_counter retired;
	struct portsieve_counter all; /* every row, and the retired */
};

/* Counts of one run, by its reader and at its end. All zero but the first: nothing wrong. */
struct findings {
	uint64_t reads;
	uint64_t reads_failed;
	uint64_t torn[TALLY_RULES]; /* packets with the verdict of no such rule, at least */
	uint64_t backwards;	    /* counts of rules that stay, smaller than one read before */
	uint64_t all_backwards;	    /* the same of the sum of all rows and the retired */
};

void tally_take(const struct snapshot_device *device, struct tally *ret_tally);

/* Of a row, with any verdict. */
uint64_t tally_packets(const struct portsieve_counter *row);

/* Looks at a tally, and compares it with the one before it. */
void findings_add(struct findings *findings, const struct tally *before, const struct tally *now);

uint64_t findings_torn(const struct findings *findings);

#endif

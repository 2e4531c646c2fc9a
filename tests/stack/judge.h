/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holds portsieve against the kernel's stack: sends shots into both namespaces of the lab and
 * compares what arrived. A receipt on a denied port is a bypass. A receipt on an allowed port of
 * the open side alone is a false drop, and has to belong to an entry of docs/packets.md's list.
 */
#ifndef STACK_JUDGE_H
#define STACK_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "facts.h"
#include "lab.h"
#include "shot.h"

enum { JUDGE_HEARD_MAX = 16, JUDGE_BURST_SHOTS = 48 };

struct judge_policy {
	const char *name, *text;
	bool default_drop;
	bool (*denies)(const struct lab_receipt *receipt);
};

struct judge_finding {
	bool bypass, false_drop, heard_open;
	enum facts_deliberate entry; /* of a false drop */
};

struct judge_counts {
	uint64_t shots, frames;
	uint64_t receipts[256]; /* of the open side by protocol */
	uint64_t denied;	/* of these, on denied ports: what the filter has to hold */
	uint64_t strays;	/* of the filtered side, from another source address */
	uint64_t false_drops[FACTS_NONE]; /* by entry */
	uint64_t unsteady;		  /* seen once, and not again alone */
	/* What fails: confirmed bypasses, bypasses seen once, confirmed drops without an entry. */
	uint64_t bypasses, fleeting, unexplained;
};

struct judge {
	struct lab lab;
	const struct judge_policy *policy;
	uint32_t next_id;
	struct judge_counts counts;
	/* The burst under way: shots next to each other, and what was heard of each. */
	uint32_t first_id;
	size_t shot_count;
	struct shot shots[JUDGE_BURST_SHOTS];
	uint64_t indexes[JUDGE_BURST_SHOTS];
	struct judge_heard {
		struct lab_receipt list[JUDGE_HEARD_MAX];
		size_t count;
	} heard[LAB_SIDES][JUDGE_BURST_SHOTS];
};

/* Both return 0 or -errno; words are for the report. Confirmed findings are printed as TAP
 * comments. */
int judge_directed(struct judge *judge, struct shot *shot, const char *words,
		   struct judge_finding *ret_finding);
int judge_generated(struct judge *judge, uint64_t seed, uint64_t from, uint64_t frames);

#endif

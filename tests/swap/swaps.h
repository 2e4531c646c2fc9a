/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways to put a policy in force: portsieve's own, and three broken ones. And programs that replace
 * portsieve's. All return 0 or -errno.
 */
#ifndef SWAP_SWAPS_H
#define SWAP_SWAPS_H

#include "lab.h"
#include "control/ruleset.h"

enum swap_policy {
	SWAP_A,
	SWAP_B,
	SWAP_A_ADDRESSES,
	SWAP_B_ADDRESSES,
	SWAP_POLICIES,
};

extern const char *const swap_paths[SWAP_POLICIES];

typedef int swap_fn(const struct lab *lab, enum swap_policy policy, struct error *error);

/* `portsieve apply`. */
swap_fn swap_by_command;

/* What that command calls, with policies read once. */
swap_fn swap_by_call;

/* Gives kept-pass another row each time, as if counters did not outlive a change. */
swap_fn swap_losing_rows;

/* Changes the prefixes of the policy in force, and then the policy. */
swap_fn swap_prefixes_first;

/* Discards the counters of ended ranges. */
swap_fn swap_losing_retired;

/* Puts a program of torn.bpf.c in the place of portsieve's, on its maps and its link. */
int swap_program(const struct lab *lab, const char *name, struct error *error);

/* Reads the policies for all but swap_by_command; and frees them. */
int swaps_open(struct error *error);
void swaps_close(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trying packets on the real program, with maps of its own: nothing live is touched or counted.
 */
#ifndef PORTSIEVE_DATAPATH_TRIAL_H
#define PORTSIEVE_DATAPATH_TRIAL_H

#include <stddef.h>

#include "datapath.h"

enum trial_limits {
	TRIAL_FRAME_MIN = 14,	 /* bytes: the kernel tries no shorter ones */
	TRIAL_FRAME_MAX = 65535, /* bytes */
};

struct trial;

/* What became of a packet. */
struct trial_outcome {
	bool dropped;			 /* as the wire would see it: never in monitor mode */
	struct portsieve_trace decision; /* what was decided, and counted */
};

/* Loads the program with a copy of the image and its prefixes (NULL: none). Close with trial_close.
 */
int trial_open(const struct portsieve_image *image, const struct addresses *addresses,
	       struct trial **ret_trial, struct error *error);
void trial_close(struct trial *trial);

/* Puts another image in force for the frames after. */
int trial_apply(struct trial *trial, const struct portsieve_image *image,
		const struct addresses *addresses, struct error *error);

/* Runs the program on one Ethernet frame. A frame outside the limits is -EINVAL. */
int trial_judge(struct trial *trial, const void *frame, size_t length_bytes,
		struct trial_outcome *ret_outcome, struct error *error);

/* What the trial has counted, rows 0..count-1. */
int trial_counters(struct trial *trial, struct portsieve_counter *rows, uint32_t count,
		   struct error *error);

/* A program that only returns XDP_DROP: what the hook itself costs. Only for trial_measure. */
int trial_open_empty(struct trial **ret_trial, struct error *error);

/*
 * Runs the program `repeat` times on one frame: what one run took, by the kernel's own clock, which
 * cannot tell the program from the loop around it; see trial_open_empty.
 */
int trial_measure(struct trial *trial, const void *frame, size_t length_bytes, uint32_t repeat,
		  uint32_t *ret_ns, struct error *error);

#endif

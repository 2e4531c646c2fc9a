/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tries frames on a policy: by a test run of the real program, or natively where this user may not
 * run BPF programs.
 */
#ifndef PORTSIEVE_CONTROL_TRIAL_H
#define PORTSIEVE_CONTROL_TRIAL_H

#include "datapath/testrun.h"

struct native;

/* One of the two is open. */
struct trial {
	struct testrun *testrun;
	struct native *native;
};

/* The caller closes *ret_trial (trial_close). */
int trial_open(const struct portsieve_image *image, const struct addresses *addresses,
	       struct trial *ret_trial, struct error *error);
void trial_close(struct trial *trial);
#define _cleanup_trial_ __attribute__((cleanup(trial_close)))

/* Frames have TESTRUN_FRAME_MIN to TESTRUN_FRAME_MAX bytes. */
int trial_judge(struct trial *trial, const void *frame, size_t length_bytes,
		struct testrun_result *ret_result, struct error *error);

/* Reads what has been counted, rows 0..count-1. */
int trial_counters(struct trial *trial, struct portsieve_counter *rows, uint32_t count,
		   struct error *error);

#endif

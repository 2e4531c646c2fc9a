/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test runs of packets on the real program with private maps: nothing live is touched or counted.
 */
#ifndef PORTSIEVE_DATAPATH_TESTRUN_H
#define PORTSIEVE_DATAPATH_TESTRUN_H

#include <stddef.h>

#include "datapath/datapath.h"

enum testrun_limits {
	TESTRUN_FRAME_MIN = 14,	   /* bytes; the kernel rejects shorter ones */
	TESTRUN_FRAME_MAX = 65535, /* bytes */
};

struct testrun;

/* The result for one packet. */
struct testrun_result {
	bool dropped;			 /* by the return code */
	struct portsieve_trace decision; /* what was decided and counted */
};

/*
 * Loads the program with a copy of the image and its prefixes (NULL: none), and counters with
 * `rows` rows, enough for the image and for any that will be applied. The caller owns *ret_testrun
 * (testrun_close).
 */
int testrun_open(const struct portsieve_image *image, const struct addresses *addresses,
		 uint32_t rows, struct testrun **ret_testrun, struct error *error);
void testrun_close(struct testrun *testrun);

static inline void cleanup_testrun(struct testrun **testrun)
{
	testrun_close(*testrun);
}

#define _cleanup_testrun_ __attribute__((cleanup(cleanup_testrun)))

/* Puts another image in force for the following frames. */
int testrun_apply(struct testrun *testrun, const struct portsieve_image *image,
		  const struct addresses *addresses, struct error *error);

/* Runs the program on one Ethernet frame. A frame outside the limits is -EINVAL. */
int testrun_judge(struct testrun *testrun, const void *frame, size_t length_bytes,
		  struct testrun_result *ret_result, struct error *error);

/*
 * As testrun_judge, with the first first_bytes (at most length_bytes) in the first buffer. Kernels
 * before 6.18 cannot: -EINVAL.
 */
int testrun_judge_in_buffers(struct testrun *testrun, const void *frame, size_t length_bytes,
			     size_t first_bytes, struct testrun_result *ret_result,
			     struct error *error);

/* Reads rows 0..count-1 of the test run. */
int testrun_counters(struct testrun *testrun, struct portsieve_counter *rows, uint32_t count,
		     struct error *error);

/* A program that only returns XDP_DROP: the cost of the hook. Only for testrun_measure. */
int testrun_open_empty(struct testrun **ret_testrun, struct error *error);

/*
 * Runs the program `repeat` times on one frame. *ret_ns is the time of one run by the kernel's
 * clock, which includes its loop around the program; testrun_open_empty measures that.
 */
int testrun_measure(struct testrun *testrun, const void *frame, size_t length_bytes,
		    uint32_t repeat, uint32_t *ret_ns, struct error *error);

#endif

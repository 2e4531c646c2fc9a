/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compiles a policy and compares the image, as the program judges by it, with the definition: the
 * first rule that has the packet's port and addresses and has not ended decides, else the default.
 * On every port of every transport, for every kind of source and destination, before, at and after
 * each end of a rule.
 */
#ifndef TESTS_PACKET_WHOLE_IMAGE_H
#define TESTS_PACKET_WHOLE_IMAGE_H

#include "policy/policy.h"

enum whole_image_limits {
	WHOLE_QUESTIONS_MAX = 100000000, /* of one policy; more are sampled */
	WHOLE_SAMPLES = 5000000,
};

/* What was compared, over all policies so far. */
struct whole_image_sums {
	uint64_t policies;
	uint64_t sampled; /* policies of which only samples were compared */
	uint64_t cells;	  /* kind of source x kind of destination */
	uint64_t questions;
};
extern struct whole_image_sums whole_image_sums;

/* Fails the running test at the first difference; the message begins with `name`. */
void whole_image_check(const char *name, const struct policy *policy,
		       const struct policy_host *host);

#endif

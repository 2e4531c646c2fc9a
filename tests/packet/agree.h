/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives one policy to both the oracle (as a struct) and the program (as text). Compares their
 * opinions on each frame, and their counters at the end.
 */
#ifndef TESTS_PACKET_AGREE_H
#define TESTS_PACKET_AGREE_H

#include "judge.h"
#include "oracle.h"

struct agreement {
	struct judge *judge;
	struct oracle_policy policy;
	bool monitor;
	struct portsieve_counter *before, *sums; /* by row */
};

/*
 * The oracle's policy as text, all knobs written out if with_knobs, and the host to read it for,
 * whose boot time makes rules expired or not, as in the policy. The caller frees the text.
 */
char *agreement_text(const struct oracle_policy *policy, bool monitor, bool with_knobs,
		     struct policy_host *ret_host);

/*
 * Applies the policy to the judge as text, all knobs written out if with_knobs, for a host that
 * forwards IPv6 or not. End with agreement_end. The policy's rules stay the caller's.
 */
struct agreement agreement_begin(struct judge *judge, const struct oracle_policy *policy,
				 bool monitor, bool with_knobs, bool forwards_ipv6);

/* If the opinions differ, prints the frame and both of them, and fails the test. */
void agreement_frame(struct agreement *agreement, const uint8_t *frame, size_t length);

/* As agreement_frame, for a frame in several buffers; the first one holds first_bytes. */
void agreement_frame_in_buffers(struct agreement *agreement, const uint8_t *frame, size_t length,
				size_t first_bytes);

/* Fails the test if a row differs from the sum of the oracle's opinions. */
void agreement_end(struct agreement *agreement);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judges frames by a policy's text with the real XDP program, with separate maps, and returns the
 * result in the words that users see. Judges each frame natively as well (user/judge), which must
 * give the same. Any error fails the running cmocka test.
 */
#ifndef TESTS_PACKET_JUDGE_H
#define TESTS_PACKET_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "datapath/testrun.h"
#include "judge/native.h"
#include "policy/policy.h"

struct judge {
	struct testrun *testrun;
	struct native *native;
	struct portsieve_image *image;
	bool in_buffers; /* this kernel can test-run frames in several buffers (6.18) */
};

/* The result for a frame. Strings are static or owned by the judge. */
struct judgement {
	bool dropped;	      /* on the wire */
	bool drop;	      /* decided; differs from the above in monitor mode */
	bool new_connection;  /* only from judge_counted */
	const char *reason;   /* "rule", "default", or a reason's name */
	const char *rule;     /* a rule's name, "_user" and the like, or NULL */
	const char *protocol; /* "tcp", "udp", "sctp", "dccp", or NULL: there is no port */
	int port;	      /* destination, -1 without protocol */
	uint16_t low, high;   /* of the range; 0 without rule */
	uint32_t counter;     /* the row */
};

/* By which such a frame is counted. */
enum portsieve_verdict judgement_verdict(const struct judgement *judgement);

/* The host that policies are compiled for: Linux's ephemeral ports, no forwarding. */
extern const struct policy_host judge_host;

/* host NULL: judge_host. Close with judge_close. Loading takes a while: to change the policy, apply
 * another. */
struct judge judge_open(const char *policy_text, const struct policy_host *host);

/* Replaces the policy; counters are kept. Invalidates the names in earlier judgements. */
void judge_apply(struct judge *judge, const char *policy_text, const struct policy_host *host);
void judge_close(struct judge *judge);

/* frame has TESTRUN_FRAME_MIN to TESTRUN_FRAME_MAX bytes. */
struct judgement judge_frame(struct judge *judge, const uint8_t *frame, size_t length);

/* As judge_frame, with first_bytes of the frame in the first buffer. Requires judge->in_buffers. */
struct judgement judge_frame_in_buffers(struct judge *judge, const uint8_t *frame, size_t length,
					size_t first_bytes);

/* Sizes of first buffers below `length`: 0, 1, 13, 14, 33, 64, and a random one. */
enum { FIRST_BUFFERS = 7 };
size_t first_buffer(unsigned int number, size_t length);

/*
 * Whether a plain packet ends in the first buffer, so that the fast path takes this buffer for the
 * whole frame. Padding in further buffers is then not counted, unless more than the port decides.
 */
bool ends_in_first_buffer(const uint8_t *frame, size_t first_bytes);

/* The first `count` rows; the caller frees them. */
struct portsieve_counter *judge_counters(struct judge *judge, uint32_t count);

/*
 * As judge_frame; also checks that exactly one of the policy's rows has counted the frame, and that
 * the judgement is the same for each size of the first buffer.
 */
struct judgement judge_counted(struct judge *judge, const uint8_t *frame, size_t length);

void judgement_print(FILE *out, const char *who, const struct judgement *judgement);

#endif

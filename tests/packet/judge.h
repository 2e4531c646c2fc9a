/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judges frames by a policy's text with the real XDP program, with separate maps, and returns the
 * result in the words that users see. Any error fails the running cmocka test.
 */
#ifndef TESTS_PACKET_JUDGE_H
#define TESTS_PACKET_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "datapath/testrun.h"
#include "policy/policy.h"

struct judge {
	struct testrun *testrun;
	struct portsieve_image *image;
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

/* The first `count` rows; the caller frees them. */
struct portsieve_counter *judge_counters(struct judge *judge, uint32_t count);

/* As judge_frame; also checks that exactly one of the policy's rows has counted the frame. */
struct judgement judge_counted(struct judge *judge, const uint8_t *frame, size_t length);

void judgement_print(FILE *out, const char *who, const struct judgement *judgement);

#endif

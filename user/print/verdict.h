/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a tried packet, in the names that users see. Pure. */
#ifndef PORTSIEVE_VERDICT_H
#define PORTSIEVE_VERDICT_H

#include <stdbool.h>

#include "datapath/testrun.h"

struct packet_verdict {
	const char *word;     /* "pass" or "drop": what happens */
	bool would_drop;      /* it passes in monitor mode only */
	const char *reason;   /* "rule", "default", or the name of a reason */
	const char *words;    /* what that reason means; "" for a rule or the default */
	const char *rule;     /* NULL where a reason decided */
	const char *protocol; /* NULL where the packet has no port */
	int port;	      /* -1 where it has none */
	int range_id;	      /* -1 where a reason decided */
};

/* Names live as long as the image. */
struct packet_verdict packet_verdict_of(const struct testrun_result *tried,
					const struct portsieve_image *image);

/* Of a frame too short for Ethernet, which the kernel cannot be asked about (rule E1). */
struct packet_verdict packet_verdict_of_runt(const struct portsieve_image *image);

/*
 * replay --each: one line; packet counts from 1. Where the policy is in monitor mode, the column of
 * verdicts is wider.
 */
void print_verdict_text(uint64_t packet, const struct packet_verdict *verdict, bool monitor);
void print_verdict_json(uint64_t packet, const struct packet_verdict *verdict);

#endif

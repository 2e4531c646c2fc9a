/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict on a tried packet, as users see it. */
#ifndef PORTSIEVE_VERDICT_H
#define PORTSIEVE_VERDICT_H

#include <stdbool.h>

#include "datapath/testrun.h"

struct packet_verdict {
	const char *word;		    /* "pass" or "drop": what happens */
	bool would_drop;		    /* it passes only because of monitor mode */
	bool return_lookup;		    /* live, it passes if a socket or a flow expects it */
	const char *reason;		    /* "rule", "default", or the name of a reason */
	enum portsieve_reason reason_id;    /* PORTSIEVE_REASONS for a rule or the default */
	const char *rule;		    /* NULL if a reason decided */
	const char *protocol;		    /* NULL if the packet has no port */
	enum portsieve_transport transport; /* PORTSIEVE_ANY if the packet has no port */
	int port;			    /* -1 if the packet has no port */
	int range_id;			    /* -1 if a reason decided */
};

/* The names live as long as the image. */
struct packet_verdict packet_verdict_of(const struct testrun_result *tried,
					const struct portsieve_image *image);

/* The verdict on a frame too short for Ethernet, which the kernel cannot test-run (rule E1). */
struct packet_verdict packet_verdict_of_runt(const struct portsieve_image *image);

/*
 * Prints the line of `replay --each` for a packet, numbered from 1. `monitors`: the column of
 * verdicts needs room for "would drop".
 */
void print_verdict_text(uint64_t packet, const struct packet_verdict *verdict, bool monitors);
void print_verdict_json(uint64_t packet, const struct packet_verdict *verdict);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain: what became of one packet, at length. Each returns 0, or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_EXPLANATION_H
#define PORTSIEVE_PRINT_EXPLANATION_H

#include "print/verdict.h"
#include "packet/headers.h"

struct explanation {
	struct packet_verdict verdict;
	struct frame_names names;
	const struct portsieve_image *image; /* that it was judged by */
	struct policy_host host;	     /* its clocks, at that time */
};

int print_explanation_text(const struct explanation *explanation);
int print_explanation_json(const struct explanation *explanation);

/* Which rules decide a port, and by what; for these printers. */
struct port_rules {
	bool by_source; /* a rule for the port asks for it ... */
	bool by_destination;
	bool decider_is_conditional; /* the rule that decides asks for addresses, or has an end */
	const struct portsieve_rule *elsewhere; /* the first that has other addresses; or NULL */
	const struct portsieve_rule *ended;	/* the first before the decider that has ended */
	size_t elsewhere_count;
};

/* Of a packet that a rule or the default decided. */
struct port_rules port_rules_of(const struct explanation *explanation);

#endif

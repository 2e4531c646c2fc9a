/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `explain`: why one packet passes or is dropped. Each print function returns 0 or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_EXPLANATION_H
#define PORTSIEVE_PRINT_EXPLANATION_H

#include "packet/headers.h"
#include "print/verdict.h"

/* Does the policy's file still have the content in force? */
enum explain_file {
	EXPLAIN_UNKNOWN, /* there is no file, or it cannot be read */
	EXPLAIN_SAME,
	EXPLAIN_CHANGED,
};

struct explanation {
	struct packet_verdict verdict;
	struct frame_names names;
	const struct portsieve_image *image; /* of the policy that judged the packet */
	const struct policy *policy;	     /* the same policy, without ended rules */
	struct policy_host host;	     /* its settings and clocks at that time */
	bool natively;			     /* judged without the kernel */
	enum explain_file file_changed;	     /* the file with the deciding rule */
};

/* The file with the deciding rule; NULL: no rule decided, it has no line, or there is no file. */
const char *explanation_file(const struct explanation *explanation);

int print_explanation_text(const struct explanation *explanation);
int print_explanation_json(const struct explanation *explanation);

/* The rules for a packet's port. Private to print/. */
struct port_rules {
	bool by_source; /* a rule for the port names source addresses ... */
	bool by_destination;
	bool decider_is_conditional;		/* the deciding rule has addresses or an end */
	const struct portsieve_rule *elsewhere; /* the first with other addresses, or NULL */
	const struct portsieve_rule *ended; /* the first ended one before the decider, or NULL */
	size_t elsewhere_count;
};

/* Only for packets decided by a rule or the default. */
struct port_rules port_rules_of(const struct explanation *explanation);

#endif

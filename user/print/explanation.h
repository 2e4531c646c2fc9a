/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `explain`: why one packet passes or is dropped. Each print function returns 0 or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_EXPLANATION_H
#define PORTSIEVE_PRINT_EXPLANATION_H

#include "packet/headers.h"
#include "print/verdict.h"

struct explanation {
	struct packet_verdict verdict;
	struct frame_names names;
	const struct portsieve_image *image; /* the policy that judged the packet */
	struct policy_host host;	     /* its clocks at that time */
};

int print_explanation_text(const struct explanation *explanation);
int print_explanation_json(const struct explanation *explanation);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shots by hand, each with what the stack makes of it and what portsieve has to. */
#ifndef STACK_DIRECTED_H
#define STACK_DIRECTED_H

#include <stdbool.h>

#include "shot.h"

/* Default drop but for 53, 80, 443, 2000-2999; a drop rule for 22, 23, 161, 3000-3999; a drop rule
 * for all ports of the second address. */
enum directed_policy { DEFAULT_DROP, DROP_RULE, DROP_TO, DIRECTED_POLICIES };

struct directed {
	const char *sentence, *words;
	enum directed_policy policy;
	bool permissive; /* sysctls */
	bool refused;	 /* by the stack itself; else the open side receives it */
	enum shot_target target;
	const char *entry; /* of docs/packets.md's list, where an allowed port is not reached */
};

/* Ends with a row without a sentence. */
extern const struct directed directed_cases[];

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of prefixes as sets of addresses of one family, and which sets hold which: several prefixes
 * may hold another together. Lists of the same addresses, however written, are one set. Pure.
 */
#ifndef PORTSIEVE_ADDRESS_SETS_H
#define PORTSIEVE_ADDRESS_SETS_H

#include <stdint.h>

#include "policy/policy.h"

/* Numbers of sets. */
enum {
	ADDRESS_SET_EMPTY, /* a list with prefixes of the other family alone */
	ADDRESS_SET_ALL,   /* all addresses, or no list */
	ADDRESS_SETS_FIXED,
};

struct address_set_holders {
	size_t first; /* in `holders` */
	size_t count;
};

struct address_sets {
	uint32_t *set_of; /* by rule */
	uint32_t count;
	struct address_set_holders *holders_of; /* by set; those of the empty one are none */
	uint32_t *holders;			/* sets that hold it, itself among them */
	size_t holders_count;
};

/*
 * Of the rules' `from` or `to`. Where very many sets hold each other some holders are left out, for
 * the sake of time. -ENOMEM. Free with address_sets_free in any case.
 */
int address_sets_make(const struct policy *policy, enum portsieve_direction direction,
		      enum policy_family family, struct address_sets *sets);
void address_sets_free(struct address_sets *sets);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ports of a rule as ranges without duplicates. Pure. */
#ifndef PORTSIEVE_POLICY_INTERVALS_H
#define PORTSIEVE_POLICY_INTERVALS_H

#include "policy/policy.h"

/*
 * A sorted copy of the rule's intervals, with overlapping ones merged. Adjacent ones stay separate,
 * because each has its own counter. A rule without ports has one, of PORTSIEVE_ANY. The caller
 * frees it; NULL if out of memory.
 */
struct policy_interval *policy_intervals_merged(const struct policy_rule *rule, size_t *ret_count);

/* For qsort: by transport, low, high. */
int policy_intervals_compare(const void *one, const void *other);

#endif

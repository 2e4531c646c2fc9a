/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ports of a rule as ranges without duplicates. Pure. */
#ifndef PORTSIEVE_POLICY_INTERVALS_H
#define PORTSIEVE_POLICY_INTERVALS_H

#include "policy/policy.h"

/*
 * A copy of the rule's intervals, sorted, overlapping ones merged. Adjacent ones stay apart,
 * because each has a counter of its own. A rule without ports has one, of PORTSIEVE_ANY. The caller
 * frees it; NULL when memory is short.
 */
struct policy_interval *policy_intervals_merged(const struct policy_rule *rule, size_t *ret_count);

/* By transport, low, high: as for qsort. */
int policy_intervals_compare(const void *one, const void *other);

#endif

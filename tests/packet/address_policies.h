/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random policies with addresses and expiring rules, for the oracle. Ports, prefixes and rules
 * overlap and nest, because they are drawn from few addresses of both families.
 */
#ifndef TESTS_PACKET_ADDRESS_POLICIES_H
#define TESTS_PACKET_ADDRESS_POLICIES_H

#include "grammar.h"
#include "oracle.h"

enum address_policy_limits {
	ADDRESS_RULES_MAX = 32,
	ADDRESS_RUNTIME_MAX = 8, /* no more than PORTSIEVE_EXPIRIES_MAX */
	ADDRESS_INTERVALS_MAX = 3,
	ADDRESS_PREFIXES_MAX = 5,
};

/* `policy` points into the other members: do not copy or move it. */
struct address_policy {
	struct oracle_policy policy;
	struct oracle_rule rules[ADDRESS_RULES_MAX];
	char names[ADDRESS_RULES_MAX][8];
	struct oracle_interval intervals[ADDRESS_RULES_MAX][ADDRESS_INTERVALS_MAX];
	struct oracle_prefix from[ADDRESS_RULES_MAX][ADDRESS_PREFIXES_MAX];
	struct oracle_prefix to[ADDRESS_RULES_MAX][ADDRESS_PREFIXES_MAX];
};

/* The same seed gives the same policy. */
void address_policy_make(struct address_policy *ret_policy, uint64_t seed);

/* Makes the edges of the policy's ports and prefixes frequent in the grammar's frames. */
void address_policy_teach(const struct address_policy *policy, struct grammar *grammar);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets for rules with addresses and for expiring rules, each with the expected result, derived
 * by hand.
 */
#ifndef TESTS_PACKET_ADDRESS_TABLE_H
#define TESTS_PACKET_ADDRESS_TABLE_H

#include "policy/policy.h"

struct address_test {
	const char *sentence;
	const char *packet;    /* recipe.h: 192.0.2.7 > 198.51.100.1, 2001:db8::7 > 2001:db8::1 */
	const char *from, *to; /* unless these say otherwise */
	const char *policy;    /* equal policies are adjacent: each is applied once */
	bool drop;
	const char *reason, *rule;
};

extern const struct address_test address_tests[];
extern const size_t address_tests_count;

/* The host that the policies are read for. */
extern const struct policy_host address_host;

#endif

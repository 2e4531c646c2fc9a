/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies on ports, each in two forms: as text, and as the spans that a person reads in that text,
 * in order.
 */
#ifndef TESTS_PACKET_PORT_POLICIES_H
#define TESTS_PACKET_PORT_POLICIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum transport_bit { TCP = 1, UDP = 2, SCTP = 4, DCCP = 8, EACH = 15 };

/* The first span of a port's transport that holds the port decides. */
struct span {
	const char *rule;
	bool drop;
	unsigned int transports; /* enum transport_bit */
	uint16_t low, high;
};

struct port_policy {
	const char *name;
	const char *text;
	bool default_drop;
	bool no_dhcp_client;
	const struct span *spans;
	size_t span_count;
};

extern const struct port_policy port_policies[];
extern const size_t port_policies_count;

/* As many ranges as a policy may have, unordered. Its text and spans stay valid. */
struct port_policy port_policy_of_all_ranges(void);

/* The sets that come from IANA's registry; spans by asking the registry port by port. */
struct port_policy port_policy_of_registry(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that allow what listens now, and what has arrived: one per service. Pure. */
#ifndef PORTSIEVE_LEARN_H
#define PORTSIEVE_LEARN_H

#include <stddef.h>

#include "analysis/listener.h"

/* A port with packets during the count. */
struct seen_port {
	uint16_t port;	   /* host order */
	uint8_t transport; /* enum portsieve_transport */
	bool ephemeral;	   /* in ip_local_port_range: mostly clients' */
	bool named;	   /* a rule of the policy in force allows it */
	uint64_t passed;   /* since the policy allows the port */
	uint64_t answers;  /* passed although it does not, as replies */
	uint64_t would_drop;
	uint64_t dropped;
};

/* What has arrived on a device. */
struct seen {
	const char *device;
	uint32_t seconds;	 /* duration of the count */
	const char *returns;	 /* `return` for the new policy */
	struct seen_port *ports; /* by transport and port */
	size_t count;
	/* packets without a port, passed and would-drop; of ICMP only would-drop */
	uint64_t reasons[PORTSIEVE_REASONS];
	uint64_t uncounted[PORTSIEVE_TRANSPORTS]; /* the same for ports that are not counted */
};

enum {
	LEARN_SEEN_RULES_MAX = 32, /* for the busiest ports without a listener */
};

/* An allow rule without addresses. */
struct learned_rule {
	char name[PORTSIEVE_RULE_NAME_MAX + 1]; /* valid and unique */
	char *ports;				/* as a policy writes them */
	const struct listener **listeners;	/* by listener_compare_owners */
	size_t count;
	const struct seen_port **seen; /* its ports, by transport and port */
	size_t seen_count;
	bool is_rest; /* the ports without a listener or a rule of their own */
};

/* Refers to the given listeners, each of which is in exactly one list. */
struct learned {
	struct learned_rule *rules; /* by lowest port */
	size_t rules_count;
	const struct listener **loopback; /* by listener_compare_owners, like the next */
	size_t loopback_count;
	const struct listener **clients; /* see listener_is_client */
	size_t clients_count;

	const struct listener **all; /* memory of the lists above */

	/* NULL: nothing was counted. */
	const struct seen *seen;
	const struct seen_port **all_seen; /* memory of the lists in the rules */
	/* Clients' ports without a rule: their number, and the packets that passed. */
	size_t answered_ports;
	uint64_t answers;
};

/*
 * Groups the listeners into rules: one per service for registered ports, under its name, and one
 * per process and unit for others. Ports in `seen` (may be NULL) with passed or would-drop packets
 * get rules too, except ephemeral ports that only the default allows, which had answers. Returns 0
 * or -ENOMEM. The caller owns *ret_learned (learned_free).
 */
int learn_rules(const struct listener *listeners, size_t count, const struct seen *seen,
		struct learned *ret_learned);
void learned_free(struct learned *learned);
#define _cleanup_learned_ __attribute__((cleanup(learned_free)))

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that let in what listens now, and what has come: one for each service. Pure. */
#ifndef PORTSIEVE_LEARN_H
#define PORTSIEVE_LEARN_H

#include <stddef.h>

#include "analysis/listener.h"

/* A port that packets came to while they were counted. */
struct seen_port {
	uint16_t port;	   /* host order */
	uint8_t transport; /* enum portsieve_transport */
	bool ephemeral;	   /* in ip_local_port_range: mostly of clients */
	bool named;	   /* a rule of the policy in force allows it */
	uint64_t passed;   /* because the policy allows the port */
	uint64_t answers;  /* passed although it does not: they were replies */
	uint64_t would_drop;
	uint64_t dropped;
};

/* What came to a device. */
struct seen {
	const char *device;
	uint32_t seconds;	 /* that it was counted for */
	const char *returns;	 /* `return` for the new policy */
	struct seen_port *ports; /* by transport and port */
	size_t count;
	/* packets without a port that passed or would have been dropped; of ICMP only the latter */
	uint64_t reasons[PORTSIEVE_REASONS];
	uint64_t uncounted[PORTSIEVE_TRANSPORTS]; /* the same on ports that are not counted */
};

enum {
	LEARN_SEEN_RULES_MAX = 32, /* for ports without a listener, those with most packets */
};

/* An allow rule without addresses. */
struct learned_rule {
	char name[PORTSIEVE_RULE_NAME_MAX + 1]; /* valid and unique */
	char *ports;				/* as a policy writes them */
	const struct listener **listeners;	/* by listener_compare_owners */
	size_t count;
	const struct seen_port **seen; /* of its ports, by transport and port */
	size_t seen_count;
	bool is_rest; /* of the ports without a listener that have no rule of their own */
};

/* Borrows the listeners that it was made from. Each is in exactly one of the lists. */
struct learned {
	struct learned_rule *rules; /* by lowest port */
	size_t rules_count;
	const struct listener **loopback; /* by listener_compare_owners, like the next */
	size_t loopback_count;
	const struct listener **clients; /* see listener_is_client */
	size_t clients_count;

	const struct listener **all; /* the memory of the lists above */

	/* NULL: nothing was counted. */
	const struct seen *seen;
	const struct seen_port **all_seen; /* the memory of the lists in the rules */
	/* Ports of clients, without a rule: how many, and the packets that passed there. */
	size_t answered_ports;
	uint64_t answers;
};

/*
 * Groups the listeners into rules. Ports that the registry knows make a rule for each service,
 * under its name; other ports one for each process and unit. Ports in `seen`, which may be NULL,
 * that packets were let in to, or would have been dropped, get one too; but not ephemeral ports
 * that only a default allows, which are those of answers. Returns 0 or -ENOMEM. The caller owns
 * *ret_learned (learned_free).
 */
int learn_rules(const struct listener *listeners, size_t count, const struct seen *seen,
		struct learned *ret_learned);
void learned_free(struct learned *learned);
#define _cleanup_learned_ __attribute__((cleanup(learned_free)))

#endif

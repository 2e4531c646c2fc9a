/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that let in what listens now: one for each service. Pure. */
#ifndef PORTSIEVE_LEARN_H
#define PORTSIEVE_LEARN_H

#include <stddef.h>

#include "analysis/listener.h"

/* An allow rule without addresses. */
struct learned_rule {
	char name[PORTSIEVE_RULE_NAME_MAX + 1]; /* valid and unique */
	char *ports;				/* as a policy writes them */
	const struct listener **listeners;	/* by listener_compare_owners; at least one */
	size_t count;
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
};

/*
 * Groups the listeners into rules. Ports that the registry knows make a rule for each service,
 * under its name; other ports one for each process and unit. Returns 0 or -ENOMEM. The caller owns
 * *ret_learned (learned_free).
 */
int learn_rules(const struct listener *listeners, size_t count, struct learned *ret_learned);
void learned_free(struct learned *learned);
#define _cleanup_learned_ __attribute__((cleanup(learned_free)))

#endif

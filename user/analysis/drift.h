/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a policy in force differs from what listens or arrives. Pure. */
#ifndef PORTSIEVE_DRIFT_H
#define PORTSIEVE_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/listener.h"

/* A rule with more ports, such as ephemeral ones, is not expected to use all of them. */
enum { DRIFT_PORTS_MAX = 8 };

/* A listener whose packets are dropped from every source. */
struct drift_denied {
	size_t listener;  /* index in the caller's array */
	const char *rule; /* the rule that drops them; NULL: the default */
	bool monitored;	  /* only monitored: packets would be dropped */
};

/* Ports that a rule allows but on which nothing listens. */
struct drift_unused {
	const char *rule;
	char *ports; /* as a policy writes them */
};

/* Names of rules belong to the image. Ended rules are ignored. */
struct drift {
	bool listeners_known; /* else these three are empty */
	struct drift_denied *denied;
	size_t denied_count;
	struct drift_unused *unused;
	size_t unused_count;
	size_t *reachable; /* listeners that drift_is_reachable */
	size_t reachable_count;
	uint32_t *idle; /* numbers of rules without packets, ascending */
	size_t idle_count;
};

/* A policy in force and its counters. */
struct drift_policy {
	const struct portsieve_image *image;
	const struct portsieve_counter *rows; /* by counter id */
	uint64_t now_ns;		      /* CLOCK_BOOTTIME */
};

/*
 * Compares the policy with the listeners (NULL: unknown). Ignores listeners on loopback; those that
 * listener_is_client are never denied. Returns 0 or -ENOMEM. The caller owns *ret_drift
 * (drift_free).
 */
int drift_find(const struct drift_policy *policy, const struct listener *listeners, size_t count,
	       struct drift *ret_drift);
void drift_free(struct drift *drift);
#define _cleanup_drift_ __attribute__((cleanup(drift_free)))

enum drift_port {
	DRIFT_PORT_ALLOWED,
	DRIFT_PORT_MONITORED, /* would be denied if its range were enforced */
	DRIFT_PORT_DENIED,    /* packets to it are dropped from every source */
};

/*
 * What the policy (rows may be NULL) does with the port. *ret_range is the range that allows or
 * drops the packets. A port with conditions on addresses is allowed if any rule allows it to
 * someone. Ignores the mode of the whole policy.
 */
enum drift_port drift_port_find(const struct drift_policy *policy,
				enum portsieve_transport transport, uint16_t port,
				uint32_t *ret_range);

/*
 * Does the policy drop packets to this socket, but pass what may be a reply to a client
 * (`unconnected_udp`)? Then anybody can send to it.
 */
bool drift_is_reachable(const struct drift_policy *policy, const struct listener *listener);

#endif

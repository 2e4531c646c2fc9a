/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which devices the packets of a connection arrive, by addresses and routes. */
#ifndef PORTSIEVE_CONTROL_ARRIVAL_H
#define PORTSIEVE_CONTROL_ARRIVAL_H

#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

/* The devices and addresses of this network namespace. */
struct arrivals {
	struct link *links;
	size_t links_count;
	struct ifaddrs *addresses; /* NULL until they are needed */
};

/* Returns 0 or -errno. The caller owns *ret_arrivals (arrivals_free). */
int arrivals_read(struct arrivals *ret_arrivals);
void arrivals_free(struct arrivals *arrivals);
#define _cleanup_arrivals_ __attribute__((cleanup(arrivals_free)))

/* Addresses of the same family, of full length. */
struct connection_ends {
	struct policy_prefix peer;
	struct policy_prefix local;
	uint32_t ifindex; /* the device that the connection is bound to, or its scope; 0: none */
};

/*
 * May packets from the peer arrive on the device? Yes for the device that has the local address,
 * for that of the route back to the peer, and for the devices below these (ports of a bridge,
 * members of a bond). Packets of this host to itself arrive on lo only. Returns 1, 0 or -errno.
 */
int arrivals_on(struct arrivals *arrivals, const struct connection_ends *ends, uint32_t ifindex);

#endif

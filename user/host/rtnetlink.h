/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of the devices and routes of this network namespace. sysfs is no substitute:
 * it shows the namespace in which it was mounted.
 */
#ifndef PORTSIEVE_RTNETLINK_H
#define PORTSIEVE_RTNETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

/* A device and those that it is stacked with; 0: none. */
struct link {
	uint32_t ifindex;
	uint32_t master; /* the bridge, bond, team or VRF that it is in */
	uint32_t below;	 /* what the VLAN, macvlan or ipvlan is on, in this namespace */
};

/* All devices; the caller frees them. -EINTR: they changed meanwhile, each time anew. */
int links_read(struct link **ret_links, size_t *ret_count);

/* Is the device the upper one, or below it: are the upper one's packets the device's before? */
bool links_is_at_or_below(const struct link *links, size_t count, uint32_t ifindex, uint32_t upper);

struct route {
	uint32_t ifindex; /* by which the packets leave; 0: no route */
	bool is_local;	  /* to this host itself: by that device, lo, they arrive too */
};

/* The route to an address (of full length), over that device unless it is 0. */
int route_read(const struct policy_prefix *to, uint32_t ifindex, struct route *ret_route);

#endif

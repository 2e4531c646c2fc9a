/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices and routes of the current network namespace. sysfs is no substitute: it shows the
 * namespace in which it was mounted.
 */
#ifndef PORTSIEVE_RTNETLINK_H
#define PORTSIEVE_RTNETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A device and its neighbours in the device stack, by ifindex; 0: none. */
struct link {
	uint32_t ifindex;
	uint32_t master; /* the bridge, bond, team or VRF that it is a member of */
	uint32_t below;	 /* the lower device of a VLAN, macvlan or ipvlan, if in this namespace */
	uint32_t peer;	 /* the other end of a veth, if in this namespace */
	uint32_t mtu;
	bool up; /* administratively (IFF_UP) */
	char name[16];
	char kind[16]; /* "veth", "bridge"; "": a network adapter */
};

/* Reads all devices; the caller frees *ret_links. -EINTR: they changed during every attempt. */
int links_read(struct link **ret_links, size_t *ret_count);

/* Does `ifindex` equal `upper` or lie below it, so that packets of `upper` pass through it? */
bool links_is_at_or_below(const struct link *links, size_t count, uint32_t ifindex, uint32_t upper);

/*
 * The outgoing ifindexes of the default routes in the main table, ascending and without duplicates.
 * The caller frees *ret_ifindexes.
 */
int default_routes_read(int family, uint32_t **ret_ifindexes, size_t *ret_count);

struct route {
	uint32_t ifindex; /* of the outgoing device; 0: no route */
	bool is_local;	  /* the address is this host's own; the device is lo */
};

/*
 * Looks up the route to an address: `family` is AF_INET or AF_INET6, `address` its 4 or 16 bytes
 * in network byte order. `ifindex` is the outgoing device, 0 for any.
 */
int route_read(int family, const uint8_t *address, uint32_t ifindex, struct route *ret_route);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the devices on which packets arrive. */
#include "control/arrival.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/rtnetlink.h"

int arrivals_read(struct arrivals *ret_arrivals)
{
	struct arrivals arrivals = { 0 };
	int r = links_read(&arrivals.links, &arrivals.links_count);

	if (!r)
		*ret_arrivals = arrivals;
	return r;
}

void arrivals_free(struct arrivals *arrivals)
{
	free(arrivals->links);
	if (arrivals->addresses)
		freeifaddrs(arrivals->addresses);
	*arrivals = (struct arrivals){ 0 };
}

static bool is_address(const struct sockaddr *socket_address, const struct policy_prefix *address)
{
	const void *bytes = NULL;

	if (!socket_address)
		return false;
	if (address->family == POLICY_IPV4 && socket_address->sa_family == AF_INET)
		bytes = &((const struct sockaddr_in *)socket_address)->sin_addr;
	if (address->family == POLICY_IPV6 && socket_address->sa_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)socket_address)->sin6_addr;
	return bytes && !memcmp(bytes, address->address, address->length / 8);
}

/* Does the device, or a device above it, have the address? 1, 0 or -errno. */
static int has_address(struct arrivals *arrivals, const struct policy_prefix *address,
		       uint32_t ifindex)
{
	if (!arrivals->addresses && getifaddrs(&arrivals->addresses))
		return -errno;
	for (const struct ifaddrs *at = arrivals->addresses; at; at = at->ifa_next) {
		char upper[IF_NAMESIZE];

		/* glibc returns the label of an IPv4 address, such as eth0:1, as the name */
		snprintf(upper, sizeof(upper), "%.*s", (int)strcspn(at->ifa_name, ":"),
			 at->ifa_name);
		if (is_address(at->ifa_addr, address) &&
		    links_is_at_or_below(arrivals->links, arrivals->links_count, ifindex,
					 if_nametoindex(upper)))
			return 1;
	}
	return 0;
}

int arrivals_on(struct arrivals *arrivals, const struct connection_ends *ends, uint32_t ifindex)
{
	int family = ends->peer.family == POLICY_IPV4 ? AF_INET : AF_INET6;
	const struct link *links = arrivals->links;
	struct route back = { 0 };
	int r = route_read(family, ends->peer.address, ends->ifindex, &back);

	if (r)
		return r;
	if (links_is_at_or_below(links, arrivals->links_count, ifindex, back.ifindex))
		return 1;
	if (back.is_local)
		return 0;
	if (ends->ifindex)
		return links_is_at_or_below(links, arrivals->links_count, ifindex, ends->ifindex);
	return has_address(arrivals, &ends->local, ifindex);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the devices on which the packets of the caller's ssh session arrive. */
#include "control/ssh_session.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "host/rtnetlink.h"

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

/* Sets *ret_index to 0 if there is no such device. */
static int index_of(const char *device, uint32_t *ret_index)
{
	*ret_index = if_nametoindex(device);
	return *ret_index || errno == ENODEV ? 0 : -errno;
}

/* Does the device, or a device above it, have the server's address? 1, 0 or -errno. */
static int has_address(const struct ssh_session *session, const struct link *links, size_t count,
		       uint32_t ifindex)
{
	struct ifaddrs *addresses = NULL;
	int has = 0;

	if (getifaddrs(&addresses))
		return -errno;
	for (const struct ifaddrs *at = addresses; !has && at; at = at->ifa_next) {
		char upper[IF_NAMESIZE];

		/* glibc returns the label of an IPv4 address, such as eth0:1 */
		snprintf(upper, sizeof(upper), "%.*s", (int)strcspn(at->ifa_name, ":"),
			 at->ifa_name);
		has = is_address(at->ifa_addr, &session->server) &&
		      links_is_at_or_below(links, count, ifindex, if_nametoindex(upper));
	}
	freeifaddrs(addresses);
	return has;
}

/* 1, 0 or -errno. */
static int arrives_on(const struct ssh_session *session, const char *device)
{
	int family = session->client.family == POLICY_IPV4 ? AF_INET : AF_INET6;
	_cleanup_free_ struct link *links = NULL;
	uint32_t ifindex = 0, scope = 0;
	struct route back = { 0 };
	size_t count = 0;
	int r = index_of(device, &ifindex);

	if (r || !ifindex)
		return r;
	if (session->scope[0]) {
		r = index_of(session->scope, &scope);
		if (r || !scope)
			return r ?: -ENODEV;
	}
	r = links_read(&links, &count) ?: route_read(family, session->client.address, scope, &back);
	if (r)
		return r;
	if (links_is_at_or_below(links, count, ifindex, back.ifindex))
		return 1;
	if (back.is_local)
		return 0;
	if (scope)
		return links_is_at_or_below(links, count, ifindex, scope);
	return has_address(session, links, count, ifindex);
}

bool ssh_session_arrives_on(const struct ssh_session *session, const char *device)
{
	struct error warning = { 0 };
	int r = arrives_on(session, device);

	if (r >= 0)
		return r;
	error_set(&warning, -r, EXIT_DONE,
		  "cannot determine whether your ssh session arrives on %s (%s); not checking "
		  "whether the policy cuts it there",
		  device, strerror(-r));
	log_warning(&warning);
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns the host's sockets into listeners, and finds their owners. */
#include "control/listeners.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/cgroup.h"
#include "host/host.h"
#include "host/socket_owners.h"
#include "host/sockets.h"

static enum portsieve_transport transport_of(const struct host_socket *socket)
{
	switch (socket->protocol) {
	case IPPROTO_TCP:
		return PORTSIEVE_TCP;
	case IPPROTO_SCTP:
		return PORTSIEVE_SCTP;
	case IPPROTO_DCCP:
		return PORTSIEVE_DCCP;
	default:
		return PORTSIEVE_UDP;
	}
}

/* Copies a name that any user may have chosen, made safe for comments and terminals. */
static void copy_ascii(char *to, size_t size, const char *from)
{
	size_t length = 0;

	for (; *from && length + 1 < size; from++)
		to[length++] = *from >= ' ' && *from <= '~' ? *from : '?';
	to[length] = '\0';
}

static struct listener make_listener(const struct host_socket *socket,
				     const struct host_settings *host)
{
	static const uint8_t any[16];
	char device[IF_NAMESIZE] = "";
	struct listener listener = {
		.transport = transport_of(socket),
		.port = socket->port,
		.address = { .family = socket->family == AF_INET ? POLICY_IPV4 : POLICY_IPV6 },
		.both = socket->both,
		.ephemeral =
			socket->port >= host->ephemeral_low && socket->port <= host->ephemeral_high,
		.uid = socket->uid,
		.inode = socket->inode,
		.cgroup_id = socket->cgroup_id,
	};

	memcpy(listener.address.address, socket->address, sizeof(listener.address.address));
	if (memcmp(socket->address, any, sizeof(any)))
		listener.address.length = socket->family == AF_INET ? 32 : 128;
	if (socket->ifindex && !if_indextoname(socket->ifindex, device))
		snprintf(device, sizeof(device), "%u", socket->ifindex);
	copy_ascii(listener.device, sizeof(listener.device), device);
	listener.loopback = socket_is_loopback(socket) || !strcmp(listener.device, "lo");
	return listener;
}

static int compare(const void *one, const void *other)
{
	return listener_compare(one, other);
}

int listeners_read(struct listener **ret_listeners, size_t *ret_count, struct error *error)
{
	struct host_settings host = host_settings_read();
	_cleanup_free_ struct host_socket *sockets = NULL;
	struct listener *listeners;
	size_t count = 0;
	int r = sockets_listening(&sockets, &count);

	if (r == -ENOENT)
		return error_set(error, -r, EXIT_FAILED,
				 "this kernel cannot list listening sockets; load its modules "
				 "with: modprobe -a tcp_diag udp_diag");
	if (r)
		return error_set(error, -r, EXIT_FAILED, "cannot list listening sockets: %s",
				 strerror(-r));
	listeners = calloc(count + 1, sizeof(*listeners));
	if (!listeners)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++)
		listeners[i] = make_listener(&sockets[i], &host);
	qsort(listeners, count, sizeof(*listeners), compare);
	*ret_listeners = listeners;
	*ret_count = count;
	return 0;
}

struct unnamed {
	struct listener *const *listeners;
	size_t count;
};

/* A cgroup_take_fn. */
static void name_those_of(uint64_t cgroup_id, const char *path, void *context)
{
	const struct unnamed *unnamed = context;

	for (size_t i = 0; i < unnamed->count; i++) {
		struct listener *listener = unnamed->listeners[i];
		struct cgroup_name name;

		if (listener->cgroup_id != cgroup_id)
			continue;
		name = cgroup_name_of_path(path);
		copy_ascii(listener->unit, sizeof(listener->unit), name.text);
		listener->container = name.container;
	}
}

/*
 * Fills in the units. Cgroups that are gone or out of sight have none. Without the right to open a
 * cgroup by its id, the names of all are read.
 */
static void name_units(struct listener *const *chosen, size_t count)
{
	_cleanup_close_ int root_fd = cgroup_root_open();
	struct unnamed unnamed = { chosen, count };
	struct cgroup_name name = { 0 };
	uint64_t id = 0; /* of `name`: a service often has several sockets in a row */
	char path[PATH_MAX];

	for (size_t i = 0; i < count && root_fd >= 0; i++) {
		if (chosen[i]->cgroup_id != id) {
			int r = cgroup_path_read(root_fd, chosen[i]->cgroup_id, path, sizeof(path));

			if (r == -EPERM) {
				cgroup_walk(root_fd, name_those_of, &unnamed);
				return;
			}
			name = r ? (struct cgroup_name){ 0 } : cgroup_name_of_path(path);
		}
		id = chosen[i]->cgroup_id;
		copy_ascii(chosen[i]->unit, sizeof(chosen[i]->unit), name.text);
		chosen[i]->container = name.container;
	}
}

void listeners_name_units(struct listener *listeners, size_t count)
{
	_cleanup_free_ struct listener **chosen = calloc(count + 1, sizeof(*chosen));

	for (size_t i = 0; chosen && i < count; i++)
		chosen[i] = &listeners[i];
	if (chosen)
		name_units(chosen, count);
}

int listeners_name(struct listener *const *chosen, size_t count, struct error *error)
{
	_cleanup_free_ struct socket_owner *owners = calloc(count + 1, sizeof(*owners));
	size_t found = 0;
	int r;

	if (!owners)
		return error_no_memory(error);
	name_units(chosen, count);
	for (size_t i = 0; i < count; i++)
		if (chosen[i]->inode)
			owners[found++].inode = chosen[i]->inode;
	r = socket_owners_find(owners, found);
	if (r)
		return error_set(error, -r, EXIT_FAILED, "cannot search /proc for processes: %s",
				 strerror(-r));
	found = 0;
	for (size_t i = 0; i < count; i++) {
		const struct socket_owner *owner = &owners[found];

		if (!chosen[i]->inode)
			continue;
		chosen[i]->pid = owner->pid;
		copy_ascii(chosen[i]->process, sizeof(chosen[i]->process), owner->name);
		found++;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What listens on this host, as `learn` and `status` see it. */
#ifndef PORTSIEVE_LISTENER_H
#define PORTSIEVE_LISTENER_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"

/* A socket that accepts packets from anywhere. Texts are printable ASCII. */
struct listener {
	enum portsieve_transport transport; /* UDP-Lite is judged as UDP */
	uint16_t port;			    /* host order */
	struct policy_prefix address;	    /* local, of full length; length 0: any of the family */
	bool both;			    /* any address, IPv6 and IPv4 */
	bool loopback;			    /* reachable from this host only */
	bool ephemeral;			    /* the port is in ip_local_port_range, like clients' */
	char device[IF_NAMESIZE];	    /* the device it is bound to; "": none */
	uint32_t uid;
	uint32_t inode;	    /* 0: none */
	uint64_t cgroup_id; /* 0: unknown */

	/* Who listens; empty and 0 if unknown. */
	char process[64];
	uint32_t pid;
	char unit[64];	/* the systemd unit, or the container's name or short id */
	bool container; /* `unit` is a container */
};

/* Is it probably a client waiting for answers rather than a service? */
static inline bool listener_is_client(const struct listener *listener)
{
	return listener->transport == PORTSIEVE_UDP && listener->ephemeral;
}

/* Do both belong to the same service: process name and unit or container? */
bool listener_same_owner(const struct listener *one, const struct listener *other);

/* For qsort: by transport, port, address and pid. */
int listener_compare(const struct listener *one, const struct listener *other);

/* By service (process, unit), then as listener_compare. */
int listener_compare_owners(const struct listener *one, const struct listener *other);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What listens on this host, as `learn` and `status` see it. */
#ifndef PORTSIEVE_LISTENER_H
#define PORTSIEVE_LISTENER_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"

/* A socket that takes packets from anywhere. Texts are printable ASCII. */
struct listener {
	enum portsieve_transport transport; /* UDP-Lite is judged as UDP */
	uint16_t port;			    /* host order */
	struct policy_prefix address;	    /* local, full length; length 0: any of the family */
	bool both;			    /* any address, of IPv6 and of IPv4 */
	bool loopback;			    /* reachable from this host only */
	bool ephemeral;		  /* the port is in ip_local_port_range, as those of clients are */
	char device[IF_NAMESIZE]; /* that it is bound to; "": none */
	uint32_t uid;
	uint32_t inode;	    /* 0: none */
	uint64_t cgroup_id; /* 0: unknown */

	/* Who listens; empty and 0 if not known. */
	char process[64];
	uint32_t pid;
	char unit[64];	/* the systemd unit, or the container's name or short id */
	bool container; /* `unit` is a container */
};

/* Is it likely to be a client that waits for answers, not a service? */
static inline bool listener_is_client(const struct listener *listener)
{
	return listener->transport == PORTSIEVE_UDP && listener->ephemeral;
}

/* Do both belong to the same service: process name and unit or container? */
bool listener_same_owner(const struct listener *one, const struct listener *other);

/* By transport, port, address and pid: as for qsort. */
int listener_compare(const struct listener *one, const struct listener *other);

/* By service (process, unit), then as listener_compare. */
int listener_compare_owners(const struct listener *one, const struct listener *other);

#endif

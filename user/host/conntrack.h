/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connections that netfilter tracks in the current network namespace, over ctnetlink. */
#ifndef PORTSIEVE_CONNTRACK_H
#define PORTSIEVE_CONNTRACK_H

#include <stdbool.h>
#include <stdint.h>

struct nlmsghdr;

/* One direction of a connection, as its packets arrive. Network order; IPv4 in the first 4 bytes.
 */
struct tracked {
	uint8_t protocol; /* IPPROTO_TCP, UDP, UDPLITE, SCTP or DCCP */
	uint8_t family;	  /* AF_INET or AF_INET6 */
	uint8_t source[16];
	uint8_t destination[16];
	uint16_t source_port; /* network order */
	uint16_t destination_port;
};

struct tracked_connection {
	struct tracked original; /* from the side that sent first, before NAT */
	struct tracked reply;	 /* from the other side, to the translated addresses */
	uint16_t zone;
	bool is_answered; /* a packet from the other side has been seen */
	bool is_open;	  /* TCP: past SYN_SENT, and not CLOSE; others: always */
	bool is_over;	  /* TCP: closed, or about to be forgotten */
};

/* Receives one connection. A non-zero return value ends the walk, which returns it. */
typedef int tracked_take_fn(const struct tracked_connection *connection, void *context);

/*
 * Calls `take` for each connection with ports. Returns 0 (also if nothing is tracked here), the
 * non-zero value that `take` returned, or -errno.
 */
int conntrack_walk(tracked_take_fn *take, void *context);

/* Makes netfilter forget the connection. Returns 0 or -errno; -ENOENT: it has ended. */
int conntrack_delete(const struct tracked_connection *connection);

/* Passes the connection in one kernel message to `take`, as conntrack_walk does. For tests. */
int conntrack_take_message(const struct nlmsghdr *message, tracked_take_fn *take, void *context);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The internet sockets of the current network namespace, as sock_diag lists them. Only destroying
 * one needs privileges. For their owners see socket_owners.h.
 */
#ifndef PORTSIEVE_SOCKETS_H
#define PORTSIEVE_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;

/*
 * A socket that is bound to a port. Addresses are in network order, IPv4 in the first four bytes,
 * the rest zero; all zero is the unspecified address. Ports are in host order.
 */
struct host_socket {
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, ... */
	uint8_t family;	  /* AF_INET or AF_INET6; an IPv4-mapped address has AF_INET */
	uint8_t state;	  /* TCP_LISTEN, ... (netinet/tcp.h), of every protocol */
	bool both;	  /* AF_INET6, unspecified local address, and takes IPv4 too */
	uint8_t address[16];
	uint8_t peer[16]; /* unspecified, and peer_port 0, if it has none */
	uint16_t port;
	uint16_t peer_port;
	uint32_t ifindex;   /* the device it is bound to (SO_BINDTODEVICE); 0: none */
	uint32_t uid;	    /* of its owner */
	uint32_t inode;	    /* 0: no process has the socket, as in TIME_WAIT */
	uint64_t cgroup_id; /* of the cgroup that made it; 0: unknown (cgroup.h) */
	uint32_t cookie[2]; /* differs for a later socket with the same addresses and ports */
};

/* Receives one socket. A non-zero return value ends the walk, which returns it. */
typedef int socket_take_fn(const struct host_socket *socket, void *context);

/*
 * Calls `take` for each socket of one protocol, IPv4 first, whose state is among `states`, bits
 * 1 << TCP_LISTEN and so on. Of UDP and UDP-Lite, connected sockets are TCP_ESTABLISHED and others
 * TCP_CLOSE. An SCTP socket is taken once for each of its local addresses. The list is not atomic:
 * sockets that come or go meanwhile may be missing. Returns 0, what `take` returned, or -errno;
 * -ENOENT: the kernel lacks the protocol or cannot list it.
 */
int sockets_walk(uint8_t protocol, uint32_t states, socket_take_fn *take, void *context);

/*
 * The sockets that wait for packets from anywhere: TCP, SCTP and DCCP in LISTEN, UDP and UDP-Lite
 * unconnected. Loopback is included. The caller frees *ret_sockets, which is untouched on failure.
 * -ENOENT: the kernel cannot list TCP or UDP; other protocols that it cannot list are left out.
 */
int sockets_listening(struct host_socket **ret_sockets, size_t *ret_count);

/*
 * Ends a connection: its process gets ECONNABORTED, and the peer a reset. Returns 0 or -errno:
 * -ENOENT: there is no such socket; -EOPNOTSUPP: the kernel lacks CONFIG_INET_DIAG_DESTROY.
 */
int socket_destroy(const struct host_socket *socket);

/* Can it be reached from this host only, by its local address? */
bool socket_is_loopback(const struct host_socket *socket);

/* Passes the sockets in one kernel message to `take`, as sockets_walk does. For tests. */
int sockets_take_message(const struct nlmsghdr *message, uint8_t protocol, socket_take_fn *take,
			 void *context);

#endif

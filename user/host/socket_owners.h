/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes that have sockets, by searching /proc. Other users' processes are visible to root
 * only (CAP_SYS_PTRACE), and only those in the PID namespace of the mounted /proc.
 */
#ifndef PORTSIEVE_SOCKET_OWNERS_H
#define PORTSIEVE_SOCKET_OWNERS_H

#include <stddef.h>
#include <stdint.h>

struct socket_owner {
	uint32_t inode; /* the socket's; set by the caller, not 0 */
	uint32_t pid;	/* 0: not found */
	char name[64];	/* the process's, as in /proc/PID/comm: any bytes but '\n' and '\0' */
};

/*
 * Fills in pid and name of each owner, in the order of pids, and stops when all are found. If
 * several processes share a socket, the first one counts, but PID 1, which passes sockets on, only
 * if there is no other. In the worst case this reads every descriptor of the machine. Returns 0 or
 * -errno.
 */
int socket_owners_find(struct socket_owner *owners, size_t count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ports of one transport that no rule has taken yet: `next` leads from a port to the first free
 * one from it on, over chains that each walk shortens. PORTSIEVE_PORTS ends them. Pure.
 */
#ifndef PORTSIEVE_FREE_PORTS_H
#define PORTSIEVE_FREE_PORTS_H

#include <stdint.h>

#include <portsieve/abi.h>

struct free_ports {
	uint32_t next[PORTSIEVE_PORTS + 1];
};

/* All are free. */
static inline void free_ports_init(struct free_ports *ports)
{
	for (uint32_t port = 0; port <= PORTSIEVE_PORTS; port++)
		ports->next[port] = port;
}

/* The first free port from `port` on; PORTSIEVE_PORTS if there is none. */
static inline uint32_t free_ports_from(struct free_ports *ports, uint32_t port)
{
	uint32_t *next = ports->next;

	while (next[port] != port) {
		next[port] = next[next[port]];
		port = next[port];
	}
	return port;
}

static inline void free_ports_take(struct free_ports *ports, uint32_t port)
{
	ports->next[port] = port + 1;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of ports of all transports, as bits, and its text. Pure. */
#ifndef PORTSIEVE_PORT_SET_H
#define PORTSIEVE_PORT_SET_H

#include <stdbool.h>
#include <stdint.h>

#include <portsieve/abi.h>

/* 32 KB; all zero is the empty set. */
struct port_set {
	uint64_t bits[PORTSIEVE_TRANSPORTS][PORTSIEVE_PORTS / 64];
};

static inline void port_set_add(struct port_set *set, enum portsieve_transport transport,
				uint16_t port)
{
	set->bits[transport][port / 64] |= UINT64_C(1) << port % 64;
}

static inline bool port_set_has(const struct port_set *set, enum portsieve_transport transport,
				uint16_t port)
{
	return set->bits[transport][port / 64] >> port % 64 & 1;
}

/*
 * The set as a policy writes `ports`, ascending: "tcp/80,8000-8003 udp/53", or "tcp+udp/53" if both
 * have the same ports. "" for the empty set. The caller frees it; NULL if out of memory.
 */
char *port_set_print(const struct port_set *set);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IANA Service Name and Transport Protocol Port Number Registry, as a table built into the
 * program (generated from IANA's XML by scripts/registry.py). Ports are in host order. Nothing here
 * allocates or fails; pointers are always valid.
 */
#ifndef PORTSIEVE_REGISTRY_H
#define PORTSIEVE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portsieve/abi.h>

/* One assignment. Registry rows without a transport mean TCP and UDP. */
struct registry_service {
	const char *name;	 /* as registered; "" for an assignment without a name */
	const char *description; /* on one line, UTF-8; may be "" */
	uint16_t low;
	uint16_t high;
	uint8_t transports; /* bit 1 << enum portsieve_transport */
};

struct registry_range {
	uint16_t low;
	uint16_t high;
};

/* The registry's own date of its last update, "2026-08-17". */
const char *registry_date(void);

/*
 * The services registered under `name` (compared without case) for one of `transports`, in
 * ascending order of port. Returns how many there are; writes at most `most` of them.
 */
size_t registry_by_name(const char *name, unsigned int transports,
			const struct registry_service **services, size_t most);

/* As registry_by_name, the services whose range holds `port`, narrowest first. */
size_t registry_by_port(uint16_t port, unsigned int transports,
			const struct registry_service **services, size_t most);

/* The first of their names that is not empty, or NULL. */
const char *registry_port_name(uint16_t port, enum portsieve_transport transport);

/*
 * The services with a port in low to high, those with a single port first. Returns how many there
 * are; writes at most `most` of them.
 */
size_t registry_by_range(uint16_t low, uint16_t high, unsigned int transports,
			 const struct registry_service **services, size_t most);

/*
 * The maximal ranges of ports that are assigned for a transport, ascending, disjoint and not
 * adjacent. Port 0 is never among them. Returns how many, and the ranges through ret_ranges.
 */
size_t registry_assigned(enum portsieve_transport transport,
			 const struct registry_range **ret_ranges);

/* The service name at `index`, in no particular order; NULL after the last. For suggestions. */
const char *registry_name(size_t index);

#endif

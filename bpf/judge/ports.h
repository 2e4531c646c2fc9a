/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counts packets by single port. Each CPU counts in 16-bit cells, 256 kB for all ports of a
 * verdict; the 64-bit sums of all CPUs are updated once in 32,768 packets of a port.
 */
#ifndef PORTSIEVE_PORTS_H
#define PORTSIEVE_PORTS_H

#include "judge/watched.h"
#include "maps.h"
#include "parse/packet.h"

enum { SECOND_NS = 1000000000 };

/* Called when a cell leaves 0 or is full: notes the port's first packet, or adds to the sum. */
static __attribute__((noinline)) int settle_port(__u32 block, __u32 port, __u32 count)
{
	struct portsieve_port_sums *sums = bpf_map_lookup_elem(&port_sums, &block);

	if (!sums)
		return 0;
	port &= PORTSIEVE_PORT_BLOCK - 1;
	if (!(count & PORTSIEVE_CELL_COUNT))
		__sync_fetch_and_add(&sums->spilled[port], PORTSIEVE_CELL_SPILL);
	else if (!sums->first_s[port]) /* a race, but with nearly the same value */
		sums->first_s[port] = bpf_ktime_get_boot_ns() / SECOND_NS + 1;
	return 0;
}

portsieve_inline void count_port(__u32 transport, __u64 port, __u32 verdict)
{
	__u32 block = port_plane(verdict, transport) * PORTSIEVE_PORT_BLOCKS +
		      port / PORTSIEVE_PORT_BLOCK;
	struct portsieve_port_cells *cells = bpf_map_lookup_elem(&port_cells, &block);
	__u16 *cell;

	if (!cells)
		return;
	cursor_keep(port); /* old verifiers need the mask: see port_entry() */
	port &= PORTSIEVE_PORT_BLOCK - 1;
	cell = &cells->cell[port];
	*cell += 1;
	if ((*cell & PORTSIEVE_CELL_COUNT) <= 1)
		settle_port(block, port, *cell);
}

/* Counts a packet by its port, if it has one. */
portsieve_inline void count_by_port(__u64 judged)
{
	if (watched_has_port(judged) && watched_transport(judged) < PORTSIEVE_PORT_TRANSPORTS)
		count_port(watched_transport(judged), watched_port(judged),
			   watched_verdict(judged));
}

#endif

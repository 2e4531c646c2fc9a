/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adding up the cells of a block of ports while they count. Pure. */
#ifndef PORTSIEVE_PORT_CELLS_H
#define PORTSIEVE_PORT_CELLS_H

#include <errno.h>
#include <string.h>

#include <portsieve/abi.h>

/*
 * The packets of each port: its sum plus the cells of all CPUs. When a cell is full, the program
 * first flips its top bit, then adds the cell to the sum. So a reading is consistent if the sum is
 * the same before and after reading the cells, and the number of cells in it has the parity of the
 * top bits. Otherwise returns -EAGAIN, with the numbers as they were read.
 */
static inline int port_cells_add_up(const struct portsieve_port_sums *before,
				    const struct portsieve_port_sums *after,
				    const struct portsieve_port_cells *cells, int cpus,
				    __u64 packets[PORTSIEVE_PORT_BLOCK])
{
	__u16 moves[PORTSIEVE_PORT_BLOCK], any = 0;

	/* Loops that compilers can vectorize. */
	for (int port = 0; port < PORTSIEVE_PORT_BLOCK; port++) {
		packets[port] = after->spilled[port];
		moves[port] = (__u16)packets[port];
	}
	for (int cpu = 0; cpu < cpus; cpu++)
		for (int port = 0; port < PORTSIEVE_PORT_BLOCK; port++) {
			packets[port] += cells[cpu].cell[port] & PORTSIEVE_CELL_COUNT;
			moves[port] ^= cells[cpu].cell[port];
		}
	for (int port = 0; port < PORTSIEVE_PORT_BLOCK; port++)
		any |= moves[port];
	return any & PORTSIEVE_CELL_SPILL ||
			       memcmp(before->spilled, after->spilled, sizeof(before->spilled))
		       ? -EAGAIN
		       : 0;
}

#endif

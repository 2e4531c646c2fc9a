/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adding up the cells of a block of ports while they count. Pure. */
#ifndef PORTSIEVE_PORT_CELLS_H
#define PORTSIEVE_PORT_CELLS_H

#include <errno.h>

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
	int r = 0;

	for (int port = 0; port < PORTSIEVE_PORT_BLOCK; port++) {
		__u64 spilled = after->spilled[port];
		unsigned int moves = spilled / PORTSIEVE_CELL_SPILL & 1;

		packets[port] = spilled;
		for (int cpu = 0; cpu < cpus; cpu++) {
			packets[port] += cells[cpu].cell[port] & PORTSIEVE_CELL_COUNT;
			moves ^= cells[cpu].cell[port] / PORTSIEVE_CELL_SPILL;
		}
		if (moves || spilled != before->spilled[port])
			r = -EAGAIN;
	}
	return r;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adding up rows. Pure. */
#ifndef PORTSIEVE_COUNTER_SUM_H
#define PORTSIEVE_COUNTER_SUM_H

#include <stdbool.h>

#include <portsieve/abi.h>

/* Adds row to *sum. */
static inline void counter_add(struct portsieve_counter *sum, const struct portsieve_counter *row)
{
	for (int v = 0; v < PORTSIEVE_VERDICTS; v++) {
		sum->verdict[v].packets += row->verdict[v].packets;
		sum->verdict[v].bytes += row->verdict[v].bytes;
	}
	sum->new_connections += row->new_connections;
}

/* Has the row counted no packet? */
static inline bool counter_is_zero(const struct portsieve_counter *row)
{
	__u64 packets = 0;

	for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
		packets |= row->verdict[v].packets;
	return !packets;
}

#endif

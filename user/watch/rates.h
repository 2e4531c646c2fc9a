/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was counted between two readings of the same devices, by range and reason, and since the
 * first of them. Pure: a function of the snapshots.
 *
 * A range is the same in both if its rule's name, protocol and ports are (counter_ids.h). What a
 * range had counted before a policy change ended it is no traffic of the interval.
 */
#ifndef PORTSIEVE_WATCH_RATES_H
#define PORTSIEVE_WATCH_RATES_H

#include "datapath/snapshot.h"

/* Counts of every row of a device. */
struct rates_counts {
	struct portsieve_counter *ranges; /* by range id */
	struct portsieve_counter reasons[PORTSIEVE_REASONS];
	struct portsieve_counter ended; /* of ranges that no longer exist */
};

struct rates_device {
	const struct snapshot_device *device; /* of the later snapshot */

	/* 0: there is no earlier reading, or no time has passed. There is no rate then. */
	uint64_t interval_ns;
	bool restarted; /* some counter fell: the device was loaded anew, or reset */
	bool changed;	/* another policy is in force */

	struct rates_counts delta;  /* in the interval */
	struct rates_counts change; /* since the first reading */
};

struct rates {
	struct rates_device *devices; /* those of the snapshot, in its order */
	size_t count;
};

/*
 * From the previous rates, all zero at first, and a later snapshot, to the next rates. Both refer
 * to their snapshots, which must outlive them. Where a counter fell, all counters of the device
 * count from zero. Returns 0 or -ENOMEM; the caller owns *ret_rates (rates_free).
 */
int rates_next(const struct rates *previous, const struct snapshot *snapshot,
	       struct rates *ret_rates);
void rates_free(struct rates *rates);
#define _cleanup_rates_ __attribute__((cleanup(rates_free)))

/* Of `count` in the interval, per second; 0 without an interval. */
static inline double rate_per_second(uint64_t count, uint64_t interval_ns)
{
	return interval_ns ? (double)count * 1e9 / (double)interval_ns : 0;
}

#endif

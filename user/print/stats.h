/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats, and replay's counts, as tables or as JSON. Each returns 0 or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_STATS_H
#define PORTSIEVE_PRINT_STATS_H

#include <stdbool.h>

#include "datapath/snapshot.h"

/* Hides rows without packets and folds long lists of ranges, unless all_rows. */
int print_stats_text(const struct snapshot *snapshot, bool all_rows);

/* What a device has counted in an interval, by range id and by reason. */
struct stats_interval {
	uint64_t ns; /* 0: no interval, no rates */
	const struct portsieve_counter *ranges, *reasons, *retired;
};

/* What --watch adds. */
struct stats_watch {
	const struct stats_interval *intervals; /* one per device of the snapshot */
	const char *sentence;
};

/* `watch` may be NULL. */
int print_stats_json(const struct snapshot *snapshot, const struct stats_watch *watch);

/* The packets of a capture. */
struct replay_totals {
	uint64_t packets;
	uint64_t cut;	  /* truncated by the capture */
	uint64_t clipped; /* too long for a test run, judged by their beginning */
	bool natively;	  /* judged without the kernel */
};

int print_replay_text(const struct snapshot_device *device, const char *path,
		      const struct replay_totals *totals, bool all_rows);
int print_replay_json(const struct snapshot_device *device, const char *path,
		      const struct replay_totals *totals);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters as metrics for Prometheus. */
#ifndef PORTSIEVE_PRINT_METRICS_H
#define PORTSIEVE_PRINT_METRICS_H

#include <stdio.h>

#include "datapath/snapshot.h"

enum { METRICS_RULES_MAX = 1000 }; /* pairs of rule and protocol per device */

enum metrics_format {
	METRICS_PROMETHEUS, /* the text format, version 0.0.4 */
	METRICS_OPENMETRICS,
};

/* Recorded packets of a device that its reader has not seen. */
struct metrics_lost {
	uint32_t ifindex;
	uint64_t events;
};

/*
 * Writes all metrics of the devices. A series exists from its first packet on, so that a policy of
 * many rules costs little. `lost` is of the caller's reader; without one it is NULL. Returns 0 or
 * -ENOMEM; failures of `out` are left to its owner.
 */
int metrics_print(FILE *out, const struct snapshot *snapshot, const struct metrics_lost *lost,
		  size_t lost_count, enum metrics_format format);

#endif

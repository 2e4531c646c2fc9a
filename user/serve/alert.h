/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alerts: when they begin and end, and how many are reported. Pure. An alert begins when its
 * condition has held for a while and ends when it has not held for a longer while, so that a rate
 * near the limit is not reported again and again.
 */
#ifndef PORTSIEVE_SERVE_ALERT_H
#define PORTSIEVE_SERVE_ALERT_H

#include <stdbool.h>
#include <stdint.h>

enum alert_kind {
	ALERT_FLOOD,	   /* far more packets are dropped than usual */
	ALERT_SCAN,	   /* many ports are probed */
	ALERT_PROBED,	   /* a denied port with a listener is probed */
	ALERT_UNCONFIRMED, /* the last change was not confirmed in time */
	ALERT_DEGRADED,	   /* the egress program that learns flows is missing */
	ALERT_LOST,	   /* recorded packets are overwritten before they are read */
	ALERT_UNFILTERED,  /* a device is unloaded or gone, or cannot be read */
	ALERT_KINDS,
};

/* "flood". */
extern const char *const alert_names[ALERT_KINDS];

enum alert_limits {
	ALERT_BEGIN_MS = 2000,
	ALERT_END_MS = 60000,
	ALERT_BURST = 10,      /* reported at once */
	ALERT_EACH_MS = 60000, /* then one per this time */
};

/* All zero at first. */
struct alert {
	bool is_on;
	int64_t turned_ms; /* since when the condition differs from is_on; 0: it does not */
};

/*
 * Updates the alert with the current condition. Returns whether it has begun or ended (see is_on).
 */
bool alert_next(struct alert *alert, bool condition, int64_t now_ms);

/* A token bucket. All zero at first. */
struct alert_limit {
	int64_t full_ms;	 /* when the bucket is full again */
	unsigned int suppressed; /* since the last one reported */
};

/* May another one be reported? If not, counts it as suppressed. */
bool alert_may_tell(struct alert_limit *limit, int64_t now_ms);

#endif

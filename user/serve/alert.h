/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alerts: when one begins and ends, and how many may be told of. Pure. One begins when its
 * condition has held for a while and ends when it has not held for a longer while, so that a rate
 * about the limit does not tell of itself again and again.
 */
#ifndef PORTSIEVE_SERVE_ALERT_H
#define PORTSIEVE_SERVE_ALERT_H

#include <stdbool.h>
#include <stdint.h>

enum alert_kind {
	ALERT_FLOOD,	   /* far more packets are dropped than usual */
	ALERT_SCAN,	   /* many ports are probed */
	ALERT_PROBED,	   /* a denied port is probed that something listens on */
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
	ALERT_BURST = 10,      /* told of at once */
	ALERT_EACH_MS = 60000, /* then one in this time */
};

/* All zero at first. */
struct alert {
	bool is_on;
	int64_t turned_ms; /* since when the condition differs from is_on; 0: it does not */
};

/* Takes what the condition is now. Returns whether the alert has begun or ended: see is_on. */
bool alert_next(struct alert *alert, bool condition, int64_t now_ms);

/* A token bucket. All zero at first. */
struct alert_limit {
	int64_t full_ms;	 /* when ALERT_BURST may be told of again */
	unsigned int suppressed; /* since the last one that might be told of */
};

/* May one more be told of? If not it is counted. */
bool alert_may_tell(struct alert_limit *limit, int64_t now_ms);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The alerts of all groups, from what the sampler has read. */
#ifndef PORTSIEVE_SERVE_ALERTS_H
#define PORTSIEVE_SERVE_ALERTS_H

#include "serve/alert.h"
#include "serve/sampler.h"

/* An alert that begins or ends. */
struct alert_news {
	enum alert_kind kind;
	bool begins;
	char devices[160]; /* "eth0, eth1" */
	char text[256];	   /* what is or was wrong */
};

/* All zero at first. */
struct alerts {
	struct {
		struct alert alert;
		char text[256]; /* as of its beginning */
	} list[SAMPLER_GROUPS][ALERT_KINDS];
};

typedef void alert_take_fn(const struct alert_news *news);

/* Calls `take` for each alert that begins or ends. Call it once a second. */
void alerts_next(struct alerts *alerts, const struct sampler *sampler, int64_t now_ms,
		 alert_take_fn *take);

#endif

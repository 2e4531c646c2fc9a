/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the packets come from that are dropped now: the busiest sources, by recorded packets. Pure.
 * Rates are averaged over some seconds. When the table is full, a new source replaces the one with
 * the lowest rate.
 */
#ifndef PORTSIEVE_SERVE_BUSY_SOURCES_H
#define PORTSIEVE_SERVE_BUSY_SOURCES_H

#include "datapath/events.h"
#include "policy/policy.h"

enum {
	BUSY_SOURCES_MAX = 128,
	BUSY_SOURCES_SECONDS = 5, /* the time constant of the average */
};

struct busy_source {
	struct policy_prefix address; /* of full length */
	double rate;		      /* packets per second, dropped or would be */
	double packets;		      /* since the last busy_sources_next */
	bool has_port;
	bool several_ports; /* destination ports */
	uint8_t transport;  /* of its first packet with a port, as is `port` */
	uint16_t port;
};

/* All zero at first. */
struct busy_sources {
	struct busy_source list[BUSY_SOURCES_MAX];
	size_t count;
};

/* Adds a recorded packet; one that passed or has no IP source address has no effect. */
void busy_sources_add(struct busy_sources *sources, const struct event *event);

/* So many seconds have passed since the last time: averages, and sorts by rate, highest first. */
void busy_sources_next(struct busy_sources *sources, double seconds);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The busiest sources of packets being dropped, from recorded packets. Pure. Rates are averaged
 * over some seconds. When the table is full, a new source replaces the one with the lowest rate.
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
	double rate;		      /* packets per second, dropped and would-drop */
	double packets;		      /* since the last busy_sources_next */
	bool has_port;
	bool several_ports; /* destination ports */
	uint8_t transport;  /* these two are of its first packet with a port */
	uint16_t port;
};

/* All zero at first. */
struct busy_sources {
	struct busy_source list[BUSY_SOURCES_MAX];
	size_t count;
};

/* Adds a recorded packet. Ignores packets that passed or have no IP source address. */
void busy_sources_add(struct busy_sources *sources, const struct event *event);

/* Updates the averages after `seconds` and sorts by rate, highest first. */
void busy_sources_next(struct busy_sources *sources, double seconds);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded packets of a device that records them (--events), for any number of readers at once. */
#ifndef PORTSIEVE_DATAPATH_EVENTS_H
#define PORTSIEVE_DATAPATH_EVENTS_H

#include "datapath/datapath.h"

struct event {
	struct portsieve_event record;
	uint64_t real_ns; /* CLOCK_REALTIME */

	/*
	 * How many packets it stands for: its weight, more if others of the sample were overwritten
	 * before they were read. 0: recorded only because a filter matches it.
	 */
	double packets;

	const struct portsieve_image *image; /* that decided; NULL: no longer known */
};

struct events;

/* Fills in the error for devices that record no packets. Returns -ENODATA. */
int datapath_refuse_unrecorded(const struct datapath_device *devices, size_t count,
			       struct error *error);

/*
 * Starts reading a device's events, from the oldest that is kept (`from_oldest`) or from now on.
 * -ENODATA with the error filled in: the device records none. The caller owns *ret_events
 * (events_close).
 */
int events_open(const struct datapath *datapath, const struct datapath_device *device,
		bool from_oldest, struct events **ret_events, struct error *error);
void events_close(struct events *events);

static inline void cleanup_events(struct events **events)
{
	events_close(*events);
}

#define _cleanup_events_ __attribute__((cleanup(cleanup_events)))

/*
 * What was recorded between two times (CLOCK_BOOTTIME), in ascending order. Valid until the next
 * call.
 */
struct events_batch {
	const struct event *list;
	size_t count;
	uint64_t since_ns; /* the list is complete from here on */
	uint64_t until_ns;
	uint64_t real_offset_ns; /* add it for CLOCK_REALTIME */

	/* since events_open */
	uint64_t lost;	     /* overwritten before they were read */
	uint64_t suppressed; /* matched a filter but not recorded: over the limit per second */
};

/*
 * Reads the events since the last call, without blocking: the list may be empty. -ENODATA: the
 * device no longer records packets; -ENOENT: it is no longer loaded.
 */
int events_read(struct events *events, struct events_batch *ret_batch, struct error *error);

/* The policy that was in force at the last reading; NULL: it could not be read. */
const struct portsieve_image *events_image(const struct events *events);

/*
 * Asks the program to record each packet that matches, for the next EVENTS_FILTER_SECONDS; call it
 * again before they have passed. Best effort: without permission to write, or if all filters are in
 * use, only the sample is recorded. Returns whether the filter is set.
 */
enum { EVENTS_FILTER_SECONDS = 5 };
bool events_filter(struct events *events, const struct portsieve_event_filter *filter);

#endif

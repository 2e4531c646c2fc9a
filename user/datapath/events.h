/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded packets of a device that records them (--events), for any number of readers at once. */
#ifndef PORTSIEVE_DATAPATH_EVENTS_H
#define PORTSIEVE_DATAPATH_EVENTS_H

#include "datapath/datapath.h"

struct event {
	struct portsieve_event record;
	uint64_t real_ns; /* its time, by CLOCK_REALTIME */

	/*
	 * How many packets it stands for: its weight, and more if others of the sample were
	 * overwritten before they were read. 0: it was only recorded because a filter matches it.
	 */
	double packets;

	const struct portsieve_image *image; /* that has decided; NULL: it is not there any more */
};

struct events;

/* Returns -ENODATA with the error filled in: these devices record no packets. */
int datapath_refuse_unrecorded(const struct datapath_device *devices, size_t count,
			       struct error *error);

/*
 * Begins to read a device's events: those that are still kept (`from_oldest`), or those to come.
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

/* What was recorded between two times (CLOCK_BOOTTIME), by ascending time. Valid until the next
 * call. */
struct events_batch {
	const struct event *list;
	size_t count;
	uint64_t since_ns; /* what is listed from before is not complete */
	uint64_t until_ns;
	uint64_t real_offset_ns; /* add it for CLOCK_REALTIME */

	/* since events_open */
	uint64_t lost;	     /* overwritten before they were read */
	uint64_t suppressed; /* not recorded: more matched a filter than are recorded in a second */
};

/*
 * Reads the events since the last call, and never waits for one: the list may be empty. -ENODATA:
 * the device records none any more; -ENOENT: it is not loaded any more.
 */
int events_read(struct events *events, struct events_batch *ret_batch, struct error *error);

/* The policy that was in force at the last reading; NULL: it could not be read. */
const struct portsieve_image *events_image(const struct events *events);

/*
 * Asks the program to record each packet that matches, for the next EVENTS_FILTER_SECONDS: call it
 * again before. Best effort: without the right to write, or if others have all filters in use,
 * only the sample is recorded. Returns whether the program has it.
 */
enum { EVENTS_FILTER_SECONDS = 5 };
bool events_filter(struct events *events, const struct portsieve_event_filter *filter);

#endif

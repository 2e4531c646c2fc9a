/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readings of recorded packets from all devices that record them, taken with those of rows. */
#ifndef PORTSIEVE_CONTROL_EVENT_WATCH_H
#define PORTSIEVE_CONTROL_EVENT_WATCH_H

#include "datapath/events.h"
#include "datapath/snapshot.h"
#include "watch/sentence.h"
#include "watch/sources.h"

/* A device that records packets. */
struct event_watch_device {
	uint32_t ifindex;
	struct events *events;
	struct events_batch batch; /* the last reading; the first has all that are kept */
	bool has_read;
	bool is_first;		/* the first reading of the device */
	uint64_t lost;		/* since the reading before: overwritten before they were read */
	uint64_t before_ns;	/* CLOCK_BOOTTIME of the previous reading; 0: none */
	struct sources sources; /* from all readings */
	uint64_t since_ns;	/* they are complete from here on */
};

/* All zero at first. */
struct event_watch {
	struct event_watch_device *devices;
	size_t count;
	struct sentence_source *dropped; /* in the last interval */
	size_t dropped_count;
};

void event_watch_free(struct event_watch *watch);
#define _cleanup_event_watch_ __attribute__((cleanup(event_watch_free)))

/*
 * Reads what the devices of the snapshot have recorded since the last time. Nothing is known of
 * those that cannot be read.
 */
void event_watch_read(struct event_watch *watch, const struct snapshot *snapshot);

#endif

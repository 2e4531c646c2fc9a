/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded packets, and the sources of those that were dropped, as `top` shows them. */
#ifndef PORTSIEVE_CONTROL_SCREEN_EVENTS_H
#define PORTSIEVE_CONTROL_SCREEN_EVENTS_H

#include "control/event_watch.h"
#include "watch/screen.h"

struct screen_events_device;

/* All zero at first. */
struct screen_events {
	struct screen_events_device *devices; /* their latest packets */
	size_t count;

	/* What is shown of a group. */
	struct screen_source *sources;
	struct screen_event *events;
};

void screen_events_free(struct screen_events *events);

/* Takes what was recorded in the last reading. -ENOMEM. */
int screen_events_take(struct screen_events *events, const struct event_watch *watch);

/*
 * Fills the panes of sources and packets with what is known of the group; NULL: of none. They are
 * NULL where none of its devices records packets. -ENOMEM.
 */
int screen_events_show(struct screen_events *events, const struct event_watch *watch,
		       const struct watch_group *group, struct screen_view *view);

#endif

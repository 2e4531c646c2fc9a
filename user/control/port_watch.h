/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readings beside those of rows: what was dropped on which port in between, and what was recorded.
 */
#ifndef PORTSIEVE_CONTROL_PORT_WATCH_H
#define PORTSIEVE_CONTROL_PORT_WATCH_H

#include "control/event_watch.h"
#include "datapath/port_counts.h"

/* Devices that share a policy (watch/rows.h), of which some count by port. */
struct port_watch_group {
	uint32_t ifindex; /* of its first device */
	uint32_t active_id, image_id;
	uint32_t counted;	    /* a hash of the devices that count, and since when */
	struct port_counts *now;    /* the sum of these; NULL: none does */
	struct port_counts *before; /* NULL: there is no earlier reading of the same devices */
};

/* All zero at first. */
struct port_watch {
	struct port_watch_group *groups;
	/* of the groups: ports with drops since the reading before, by transport and port; sources
	 */
	struct sentence_group *known;
	size_t count;
	struct event_watch events;
	struct sentence_more more; /* the same, for the sentence */
};

void port_watch_free(struct port_watch *watch);
#define _cleanup_port_watch_ __attribute__((cleanup(port_watch_free)))

/*
 * Reads the ports and recorded packets of the devices of the snapshot. Where counting has begun
 * again, as after a new load, there is no earlier reading. Nothing is known of the ports where they
 * cannot be read, as of a device that was unloaded in between.
 */
void port_watch_read(struct port_watch *watch, const struct snapshot *snapshot);

/* The group with this first device; NULL: nothing is known of it. */
const struct port_watch_group *port_watch_of(const struct port_watch *watch, uint32_t ifindex);

#endif

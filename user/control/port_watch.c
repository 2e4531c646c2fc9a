/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and summing ports, and finding out what listens on those that a scan probes. */
#include "control/port_watch.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/hash.h"
#include "control/listeners.h"

enum { SLOW_AFTER_SECONDS = 3600 }; /* before that most ports are new */

void port_watch_free(struct port_watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		free(watch->groups[i].before);
		free(watch->groups[i].now);
		free((void *)watch->known[i].ports);
	}
	free(watch->groups);
	free(watch->known);
	event_watch_free(&watch->events);
	*watch = (struct port_watch){ 0 };
}

static bool is_of(const struct port_watch_group *group, const struct datapath_device *device)
{
	return group->active_id == device->active_id && group->image_id == device->image_id;
}

/* The group of the device, new if it is the first of it. There is room for one of each. */
static struct port_watch_group *group_of(struct port_watch *watch,
					 const struct datapath_device *device)
{
	for (size_t i = 0; i < watch->count; i++)
		if (is_of(&watch->groups[i], device))
			return &watch->groups[i];
	watch->groups[watch->count] = (struct port_watch_group){
		.ifindex = device->ifindex,
		.active_id = device->active_id,
		.image_id = device->image_id,
	};
	return &watch->groups[watch->count++];
}

/* Reads the groups; those that cannot be read have no counts. -ENOMEM. */
static int read_groups(const struct snapshot *snapshot, struct port_watch *watch)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct error error;

	watch->groups = calloc(snapshot->count + 1, sizeof(*watch->groups));
	watch->known = calloc(snapshot->count + 1, sizeof(*watch->known));
	if (!watch->groups || !watch->known)
		return -ENOMEM;
	if (datapath_open(DATAPATH_READ, NULL, &datapath, &error))
		return 0;
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct datapath_device *device = &snapshot->devices[i].device;
		struct port_watch_group *group = group_of(watch, device);
		_cleanup_free_ struct port_counts *counts = NULL;
		uint32_t counted[2] = { device->ifindex };

		if (port_counts_read(&datapath, device, &counts, &error) || !counts)
			continue;
		counted[1] = counts->since_s;
		group->counted = hash_bytes(group->counted, counted, sizeof(counted));
		if (group->now)
			port_counts_add(group->now, counts);
		else
			group->now = TAKE_PTR(counts);
	}
	return 0;
}

/* By transport and port; the caller frees *ret_ports. -EAGAIN: a counter fell. -ENOMEM. */
static int list_ports(const struct port_counts *before, const struct port_counts *now,
		      struct sentence_port **ret_ports, size_t *ret_count)
{
	_cleanup_free_ struct sentence_port *ports = NULL;
	bool settled = now->read_ns / SECOND_NS - now->since_s > SLOW_AFTER_SECONDS;
	size_t count = 0;

	for (int t = 0; t < PORTSIEVE_PORT_TRANSPORTS; t++)
		for (int port = 0; port < PORTSIEVE_PORTS; port++) {
			uint64_t old = port_dropped(before, t, port),
				 new = port_dropped(now, t, port);
			struct sentence_port *more;

			if (new < old)
				return -EAGAIN;
			if (new == old)
				continue;
			more = array_room(ports, count, sizeof(*ports));
			if (!more)
				return -ENOMEM;
			ports = more;
			ports[count++] = (struct sentence_port){
				.transport = (uint8_t)t,
				.port = (uint16_t)port,
				.is_new = settled && !old,
				.dropped = new - old,
			};
		}
	*ret_ports = TAKE_PTR(ports);
	*ret_count = count;
	return 0;
}

/* Marks the ports on which something listens; what cannot be found out is left out. */
static void mark_listened(struct sentence_port *ports, size_t count)
{
	_cleanup_free_ struct listener *listeners = NULL;
	size_t listeners_count;
	struct error error;

	if (listeners_read(&listeners, &listeners_count, &error))
		return;
	for (size_t i = 0; i < count; i++)
		for (size_t l = 0; l < listeners_count; l++)
			ports[i].listened |= listeners[l].transport == ports[i].transport &&
					     listeners[l].port == ports[i].port &&
					     !listeners[l].loopback;
}

const struct port_watch_group *port_watch_of(const struct port_watch *watch, uint32_t ifindex)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->groups[i].ifindex == ifindex)
			return &watch->groups[i];
	return NULL;
}

/* Takes the earlier reading of the same devices, and lists what is new since then. */
static void compare(struct port_watch_group *group, const struct port_watch *earlier,
		    struct sentence_group *known)
{
	struct port_watch_group *before =
		(struct port_watch_group *)port_watch_of(earlier, group->ifindex);
	struct sentence_port *ports = NULL;

	known->ifindex = group->ifindex;
	if (!group->now || !before || !before->now || before->counted != group->counted ||
	    list_ports(before->now, group->now, &ports, &known->ports_count))
		return;
	if (known->ports_count >= SENTENCE_SCAN_PORTS)
		mark_listened(ports, known->ports_count);
	known->ports = ports;
	group->before = TAKE_PTR(before->now);
}

/* Gives each group those dropped packets that came to its devices. */
static void share_dropped(struct port_watch *watch, const struct snapshot *snapshot)
{
	struct sentence_source *dropped = watch->events.dropped;
	size_t at = 0, count = watch->events.dropped_count;

	for (size_t g = 0; count && g < watch->count; g++) {
		watch->known[g].sources = dropped + at;
		for (size_t d = 0; d < snapshot->count; d++) {
			const struct datapath_device *device = &snapshot->devices[d].device;

			if (!is_of(&watch->groups[g], device))
				continue;
			for (size_t i = at; i < count; i++) {
				struct sentence_source source = dropped[i];

				if (source.ifindex != device->ifindex)
					continue;
				dropped[i] = dropped[at];
				dropped[at++] = source;
				watch->known[g].sources_count++;
			}
		}
	}
}

void port_watch_read(struct port_watch *watch, const struct snapshot *snapshot)
{
	struct port_watch next = { .events = watch->events };

	watch->events = (struct event_watch){ 0 };
	event_watch_read(&next.events, snapshot);
	if (!read_groups(snapshot, &next)) {
		for (size_t i = 0; i < next.count; i++)
			compare(&next.groups[i], watch, &next.known[i]);
		share_dropped(&next, snapshot);
	}
	next.more = (struct sentence_more){ next.known, next.count };
	port_watch_free(watch);
	*watch = next;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reader for each device that records packets. */
#include "control/event_watch.h"

#include <errno.h>

#include "base/array.h"
#include "base/cleanup.h"

static void forget_dropped(struct event_watch *watch)
{
	free(watch->dropped);
	watch->dropped = NULL;
	watch->dropped_count = 0;
}

void event_watch_free(struct event_watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		events_close(watch->devices[i].events);
		sources_free(&watch->devices[i].sources);
	}
	free(watch->devices);
	forget_dropped(watch);
	*watch = (struct event_watch){ 0 };
}

static bool is_watched(const struct event_watch *watch, uint32_t ifindex)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->devices[i].ifindex == ifindex)
			return true;
	return false;
}

/* Opens readers of devices that have none. */
static int open_new(struct event_watch *watch, const struct snapshot *snapshot)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	bool is_open = false;
	struct error error;

	for (size_t i = 0; i < snapshot->count; i++) {
		const struct datapath_device *device = &snapshot->devices[i].device;
		struct event_watch_device *devices;
		struct sources sources;
		struct events *events;

		if (device->events <= DATAPATH_EVENTS_OFF || is_watched(watch, device->ifindex))
			continue;
		if (!is_open && datapath_open(DATAPATH_READ, NULL, &datapath, &error))
			return -EIO;
		is_open = true;
		devices = array_room(watch->devices, watch->count, sizeof(*devices));
		if (!devices)
			return -ENOMEM;
		watch->devices = devices;
		if (events_open(&datapath, device, true, &events, &error))
			continue;
		if (sources_make(&sources)) {
			events_close(events);
			return -ENOMEM;
		}
		devices[watch->count++] = (struct event_watch_device){
			.ifindex = device->ifindex,
			.events = events,
			.sources = sources,
		};
	}
	return 0;
}

static void close_device(struct event_watch *watch, size_t at)
{
	events_close(watch->devices[at].events);
	sources_free(&watch->devices[at].sources);
	watch->devices[at] = watch->devices[--watch->count];
}

static int add_dropped(struct event_watch *watch, uint32_t ifindex, const struct event *event)
{
	const struct portsieve_event *record = &event->record;
	struct policy_prefix address;
	struct sentence_source *dropped;

	if (record->verdict == PORTSIEVE_PASSED || !source_address(event, &address))
		return 0;
	dropped = array_room(watch->dropped, watch->dropped_count, sizeof(*dropped));
	if (!dropped)
		return -ENOMEM;
	watch->dropped = dropped;
	dropped[watch->dropped_count++] = (struct sentence_source){
		.address = source_hash(&address),
		.ifindex = ifindex,
		.counter = (uint16_t)record->counter,
		.range = record->range,
		.port = record->port,
		.transport = record->transport,
		.has_port = record->has_port,
	};
	return 0;
}

static int read_device(struct event_watch *watch, struct event_watch_device *device)
{
	const struct events_batch *batch = &device->batch;
	uint64_t lost = batch->lost;
	struct error error;
	int r;

	device->before_ns = batch->until_ns;
	r = events_read(device->events, &device->batch, &error);

	if (r)
		return r;
	device->lost = batch->lost - lost;
	device->is_first = !device->has_read;
	device->has_read = true;
	if (device->is_first)
		device->since_ns = batch->since_ns;
	for (size_t i = 0; !r && i < batch->count; i++) {
		if (batch->list[i].record.time_ns >= device->since_ns)
			sources_add(&device->sources, &batch->list[i]);
		if (!device->is_first)
			r = add_dropped(watch, device->ifindex, &batch->list[i]);
	}
	return r;
}

void event_watch_read(struct event_watch *watch, const struct snapshot *snapshot)
{
	forget_dropped(watch);
	if (open_new(watch, snapshot) || !watch->count)
		return;
	for (size_t i = watch->count; i-- > 0;)
		if (read_device(watch, &watch->devices[i]))
			close_device(watch, i);
}

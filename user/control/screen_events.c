/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The latest packets of each device, and the sources of a group of devices. */
#include "control/screen_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "policy/policy.h"
#include "print/events.h"

enum { EVENTS_KEPT = 256, SOURCES_SHOWN = 512 };

struct kept_event {
	uint64_t real_ns;
	struct screen_event event;
};

struct screen_events_device {
	uint32_t ifindex;
	uint64_t until_ns; /* of the reading that was taken last */
	size_t count;
	struct kept_event list[EVENTS_KEPT]; /* the latest first */
};

/* A source of dropped packets, of all devices of a group. */
struct group_source {
	struct policy_prefix address;
	double packets; /* dropped, or would be */
	double rate;
	unsigned int ports;
	uint8_t transport;
	uint16_t port;
	bool noise;
};

void screen_events_free(struct screen_events *events)
{
	free(events->devices);
	free(events->sources);
	free(events->events);
	*events = (struct screen_events){ 0 };
}

static void print_event(const struct event *event, struct screen_event *ret_event)
{
	struct event_words words = event_words_of(event);
	const struct packet_verdict *verdict = &words.verdict;
	const struct frame_names *names = &words.names;
	const char *protocol = event_protocol(&words);
	time_t seconds = (time_t)(event->real_ns / SECOND_NS);
	struct tm local = { 0 };
	struct screen_event shown = {
		.verdict = event->record.verdict % PORTSIEVE_VERDICTS,
		.line = words.line,
		.has_port = event->record.has_port,
		.transport = event->record.transport,
		.port = event->record.port,
		.length = event->record.length_bytes,
	};

	localtime_r(&seconds, &local);
	strftime(shown.time, sizeof(shown.time), "%T", &local);
	if (verdict->rule && !strcmp(verdict->reason, "rule"))
		snprintf(shown.rule, sizeof(shown.rule), "%s", verdict->rule);
	else
		snprintf(shown.reason, sizeof(shown.reason), "%s",
			 verdict->reason ? verdict->reason : "by an earlier policy");
	snprintf(shown.protocol, sizeof(shown.protocol), "%s", protocol ? protocol : "");
	if (names->has_addresses) {
		int port = names->destination_port >= 0 ? names->destination_port : verdict->port;

		snprintf(shown.source, sizeof(shown.source), "%.63s",
			 event_endpoint(&names->source, names->source_port).text);
		snprintf(shown.target, sizeof(shown.target), "%.63s",
			 event_endpoint(&names->destination, port).text);
	}
	*ret_event = shown;
}

static void take_batch(struct screen_events_device *device, const struct event_watch_device *read)
{
	const struct events_batch *batch = &read->batch;
	size_t new = batch->count < EVENTS_KEPT ? batch->count : EVENTS_KEPT, old;

	if (read->is_first) /* has all that are kept */
		device->count = 0;
	old = device->count < EVENTS_KEPT - new ? device->count : EVENTS_KEPT - new;
	memmove(&device->list[new], device->list, old * sizeof(*device->list));
	device->count = new + old;
	for (size_t i = 0; i < new; i++) {
		const struct event *event = &batch->list[batch->count - 1 - i];

		device->list[i].real_ns = event->real_ns;
		print_event(event, &device->list[i].event);
	}
	device->until_ns = batch->until_ns;
}

static struct screen_events_device *device_of(const struct screen_events *events, uint32_t ifindex)
{
	for (size_t i = 0; i < events->count; i++)
		if (events->devices[i].ifindex == ifindex)
			return &events->devices[i];
	return NULL;
}

int screen_events_take(struct screen_events *events, const struct event_watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		const struct event_watch_device *read = &watch->devices[i];
		struct screen_events_device *device = device_of(events, read->ifindex);

		if (!device) {
			device = array_room(events->devices, events->count, sizeof(*device));
			if (!device)
				return -ENOMEM;
			events->devices = device;
			device += events->count++;
			device->ifindex = read->ifindex;
			device->until_ns = 0;
			device->count = 0;
		}
		if (read->has_read && device->until_ns != read->batch.until_ns)
			take_batch(device, read);
	}
	return 0;
}

static bool is_in(const struct watch_group *group, uint32_t ifindex)
{
	for (size_t i = 0; group && i < group->devices_count; i++)
		if (group->devices[i]->device->device.ifindex == ifindex)
			return true;
	return false;
}

static int compare_addresses(const void *one, const void *other)
{
	const struct group_source *a = one, *b = other;

	if (a->address.family != b->address.family)
		return a->address.family < b->address.family ? -1 : 1;
	return memcmp(a->address.address, b->address.address, sizeof(a->address.address));
}

static int compare_packets(const void *one, const void *other)
{
	const struct group_source *a = one, *b = other;

	if (a->packets != b->packets)
		return a->packets > b->packets ? -1 : 1;
	return compare_addresses(one, other);
}

static size_t add_sources(const struct event_watch_device *device, struct group_source *sources)
{
	uint64_t interval_ns = device->batch.until_ns - device->since_ns;
	size_t count = 0;

	for (uint32_t i = 0; i < device->sources.count; i++) {
		const struct source *source = &device->sources.list[i];
		double packets =
			source->packets[PORTSIEVE_DROPPED] + source->packets[PORTSIEVE_WOULD_DROP];

		if (packets == 0)
			continue;
		sources[count++] = (struct group_source){
			.address = source->address,
			.packets = packets,
			.ports = source_ports_at_least(source),
			.transport = source->transport,
			.port = source->port,
			.noise = source_is_noise(source, interval_ns),
		};
	}
	return count;
}

/* Of sorted sources, those with the same address become one. */
static size_t merge(struct group_source *sources, size_t count)
{
	size_t merged = 0;

	for (size_t i = 0; i < count; i++) {
		struct group_source *last = merged ? &sources[merged - 1] : NULL;

		if (!last || compare_addresses(last, &sources[i])) {
			sources[merged++] = sources[i];
			continue;
		}
		last->packets += sources[i].packets;
		last->noise &= sources[i].noise;
		if (sources[i].ports > last->ports)
			last->ports = sources[i].ports;
		else if (last->ports == 1 && sources[i].ports == 1 &&
			 (last->port != sources[i].port || last->transport != sources[i].transport))
			last->ports = 2;
	}
	return merged;
}

/* Adds what came in the last interval; nothing is known of that before the first reading. */
static void add_rates(const struct event_watch_device *device, struct group_source *sources,
		      size_t count)
{
	uint64_t interval_ns = device->batch.until_ns - device->before_ns;

	if (device->is_first || !interval_ns || !count)
		return;
	for (size_t i = 0; i < device->batch.count; i++) {
		const struct event *event = &device->batch.list[i];
		struct group_source key = { 0 }, *source;

		if (event->record.verdict == PORTSIEVE_PASSED ||
		    !source_address(event, &key.address))
			continue;
		source = bsearch(&key, sources, count, sizeof(*sources), compare_addresses);
		if (source)
			source->rate += event->packets / ((double)interval_ns / 1e9);
	}
}

static int show_sources(struct screen_events *events, const struct event_watch *watch,
			const struct watch_group *group, struct screen_view *view)
{
	_cleanup_free_ struct group_source *sources = NULL;
	size_t count = 0;

	for (size_t i = 0; i < watch->count; i++)
		count += watch->devices[i].sources.count;
	sources = calloc(count + 1, sizeof(*sources));
	if (!sources)
		return -ENOMEM;
	count = 0;
	for (size_t i = 0; i < watch->count; i++)
		if (is_in(group, watch->devices[i].ifindex))
			count += add_sources(&watch->devices[i], sources + count);
	qsort(sources, count, sizeof(*sources), compare_addresses);
	count = merge(sources, count);
	for (size_t i = 0; i < watch->count; i++)
		if (is_in(group, watch->devices[i].ifindex))
			add_rates(&watch->devices[i], sources, count);
	qsort(sources, count, sizeof(*sources), compare_packets);
	if (count > SOURCES_SHOWN)
		count = SOURCES_SHOWN;
	events->sources = calloc(count + 1, sizeof(*events->sources));
	if (!events->sources)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct screen_source *shown = &events->sources[i];

		*shown = (struct screen_source){
			.dropped = sources[i].rate,
			.total = (uint64_t)(sources[i].packets + 0.5),
			.ports = sources[i].ports,
			.transport = sources[i].transport,
			.port = sources[i].port,
			.noise = sources[i].noise,
		};
		snprintf(shown->address, sizeof(shown->address), "%.47s",
			 event_endpoint(&sources[i].address, -1).text);
	}
	view->sources = events->sources;
	view->sources_count = count;
	return 0;
}

static int compare_kept(const void *one, const void *other)
{
	const struct kept_event *const *a = one, *const *b = other;

	return (*a)->real_ns > (*b)->real_ns ? -1 : (*a)->real_ns < (*b)->real_ns;
}

static int show_events(struct screen_events *events, const struct event_watch *watch,
		       const struct watch_group *group, struct screen_view *view)
{
	_cleanup_free_ const struct kept_event **kept =
		calloc(watch->count * EVENTS_KEPT + 1, sizeof(*kept));
	size_t count = 0;

	if (!kept)
		return -ENOMEM;
	for (size_t i = 0; i < watch->count; i++) {
		const struct screen_events_device *device =
			device_of(events, watch->devices[i].ifindex);

		if (!device || !is_in(group, device->ifindex))
			continue;
		for (size_t n = 0; n < device->count; n++)
			kept[count++] = &device->list[n];
	}
	qsort(kept, count, sizeof(*kept), compare_kept);
	events->events = calloc(count + 1, sizeof(*events->events));
	if (!events->events)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		events->events[i] = kept[i]->event;
	view->events = events->events;
	view->events_count = count;
	return 0;
}

int screen_events_show(struct screen_events *events, const struct event_watch *watch,
		       const struct watch_group *group, struct screen_view *view)
{
	bool is_recorded = false;

	free(events->sources);
	free(events->events);
	events->sources = NULL;
	events->events = NULL;
	view->sources = NULL;
	view->events = NULL;
	view->sources_count = view->events_count = 0;
	for (size_t i = 0; i < watch->count; i++)
		is_recorded |= is_in(group, watch->devices[i].ifindex);
	if (!is_recorded)
		return 0;
	if (show_sources(events, watch, group, view) || show_events(events, watch, group, view))
		return -ENOMEM;
	return 0;
}

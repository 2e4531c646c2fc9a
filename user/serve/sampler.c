/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads devices and matches them to the groups of the previous reading. */
#include "serve/sampler.h"

#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "control/listeners.h"
#include "control/loaded_devices.h"
#include "datapath/device_names.h"
#include "print/events.h"

enum {
	LISTENERS_MS = 10000,
	SETTLED_SECONDS = 3600, /* counting time, before which most ports are new */
};

const char *const sampler_state_names[SAMPLER_STATES] = {
	[SAMPLER_LIVE] = "live",
	[SAMPLER_STALE] = "stale",
	[SAMPLER_NOT_LOADED] = "not loaded",
};

static void forget_events(struct sampler_group *group, uint32_t ifindex)
{
	size_t left = 0;

	for (size_t i = 0; i < group->events_count; i++)
		if (ifindex && group->events[i].ifindex != ifindex)
			group->events[left++] = group->events[i];
		else
			free(group->events[i].json);
	group->events_count = left;
}

static void group_free(struct sampler_group *group)
{
	forget_events(group, 0);
	free(group->record);
	strip_free(group->strip);
	*group = (struct sampler_group){ 0 };
}

void sampler_free(struct sampler *sampler)
{
	for (size_t i = 0; i < SAMPLER_GROUPS; i++)
		group_free(&sampler->list[i]);
	watch_groups_free(&sampler->groups);
	rates_free(&sampler->rates);
	snapshot_free(&sampler->snapshot);
	event_watch_free(&sampler->events);
	free(sampler->listeners);
	*sampler = (struct sampler){ 0 };
}

static bool has_name(const struct sampler_group *group, const char *name)
{
	for (size_t i = 0; i < group->names_count; i++)
		if (!strcmp(group->names[i], name))
			return true;
	return false;
}

static void name_of(const struct datapath_device *device, char name[IF_NAMESIZE])
{
	snprintf(name, IF_NAMESIZE, "%.*s", IF_NAMESIZE - 1, device_name(device).text);
}

/* The place that already has one of the devices, preferably the first one. */
static struct sampler_group *find_place(struct sampler *sampler, const struct watch_group *group)
{
	for (size_t d = 0; d < group->devices_count; d++) {
		char name[IF_NAMESIZE];

		name_of(&group->devices[d]->device->device, name);
		for (size_t i = 0; i < SAMPLER_GROUPS; i++)
			if (!sampler->list[i].now && has_name(&sampler->list[i], name))
				return &sampler->list[i];
	}
	return NULL;
}

/* Returns a free place, or that of the group that has been gone for the longest time, or NULL. */
static struct sampler_group *new_place(struct sampler *sampler)
{
	struct sampler_group *place = NULL;

	for (size_t i = 0; i < SAMPLER_GROUPS; i++) {
		struct sampler_group *group = &sampler->list[i];

		if (!group->names_count) {
			place = group;
			break;
		}
		if (group->gone_ms && (!place || group->gone_ms < place->gone_ms))
			place = group;
	}
	if (!place)
		return NULL;
	group_free(place);
	place->record = calloc(1, sizeof(*place->record));
	if (!place->record)
		return NULL;
	place->record->is_rewritten = 1;
	return place;
}

/*
 * Records what has changed since the previous reading, if the group was in it. Unprivileged readers
 * do not see links.
 */
static void mark_changes(struct sampler_group *group, const struct rates_device *rates,
			 int64_t now_ms)
{
	const struct datapath_device *now = &rates->device->device;
	const struct portsieve_image *image = rates->device->image;
	bool was_pending = group->confirm_until_ns, is_pending = image->confirm_until_ns;
	bool was_away = group->gone_ms || group->message[0];
	bool same_slot = now->active_id == group->active_id;
	bool is_loaded = !same_slot && (was_away || rates->restarted);

	if (!group->was_read)
		; /* it may have been loaded long ago */
	else if (group->gone_ms || is_loaded || now->link_id != group->link_id)
		record_mark(group->record, now_ms, RECORD_LOAD);
	else if (now->program_id != group->program_id && same_slot)
		record_mark(group->record, now_ms, RECORD_UPGRADE);
	else if (was_pending && !is_pending)
		record_mark(group->record, now_ms,
			    image->applied_ns == group->applied_ns ? RECORD_CONFIRM
								   : RECORD_ROLLBACK);
	else if (image->applied_ns != group->applied_ns)
		record_mark(group->record, now_ms, RECORD_APPLY);
	group->was_read = true;
	group->link_id = now->link_id;
	group->program_id = now->program_id;
	group->active_id = now->active_id;
	group->applied_ns = image->applied_ns;
	group->confirm_until_ns = image->confirm_until_ns;
}

static void take_group(struct sampler *sampler, const struct watch_group *now, int64_t now_ms)
{
	struct sampler_group *group = find_place(sampler, now);

	if (!group)
		group = new_place(sampler);
	if (!group)
		return; /* more groups than there are places, or memory is short */
	mark_changes(group, now->devices[0], now_ms);
	group->now = now;
	group->read_ms = now_ms;
	group->gone_ms = 0;
	group->message[0] = '\0';
	group->names_count = 0;
	for (size_t i = 0; i < now->devices_count && i < SAMPLER_NAMES; i++)
		name_of(&now->devices[i]->device->device, group->names[group->names_count++]);
	/* a sample belongs to the second that contains the middle of its interval */
	record_add(group->record, (now_ms - (int64_t)(now->interval_ns / 2000000)) / 1000, now);
}

/* Updates the groups whose devices cannot be read, and those that are gone. */
static void take_others(struct sampler *sampler, const struct snapshot *snapshot, int64_t now_ms)
{
	for (size_t i = 0; i < SAMPLER_GROUPS; i++) {
		struct sampler_group *group = &sampler->list[i];
		bool unreadable = false;

		if (group->now || !group->names_count)
			continue;
		for (size_t u = 0; u < snapshot->unreadable_count && !unreadable; u++) {
			const struct snapshot_unreadable *device = &snapshot->unreadable[u];
			char name[IF_NAMESIZE];

			name_of(&device->device, name);
			unreadable = has_name(group, name);
			if (unreadable)
				utf8_copy_printable(group->message, sizeof(group->message),
						    device->error.text);
		}
		group->ports_count = 0;
		group->sources.count = 0;
		if (unreadable)
			group->gone_ms = 0;
		if (unreadable || group->gone_ms)
			continue;
		group->message[0] = '\0';
		group->gone_ms = now_ms;
		record_mark(group->record, now_ms, RECORD_UNLOAD);
	}
}

/* ---- ports ---- */

static void read_listeners(struct sampler *sampler, int64_t now_ms)
{
	_cleanup_free_ struct listener *listeners = NULL;
	struct error error;
	size_t count;

	if (sampler->listeners && now_ms - sampler->listeners_ms < LISTENERS_MS &&
	    now_ms >= sampler->listeners_ms)
		return;
	sampler->listeners_ms = now_ms;
	if (listeners_read(&listeners, &count, &error))
		return;
	listeners_name_units(listeners, count);
	free(sampler->listeners);
	sampler->listeners = TAKE_PTR(listeners);
	sampler->listeners_count = count;
}

const struct listener *sampler_listener(const struct sampler *sampler, struct port_key key)
{
	for (size_t i = 0; i < sampler->listeners_count; i++) {
		const struct listener *listener = &sampler->listeners[i];

		if (listener->transport == key.transport && listener->port == key.port &&
		    !listener->loopback)
			return listener;
	}
	return NULL;
}

/*
 * The sum of the group's devices; NULL if none counts by port. *ret_origin identifies the devices
 * and when each began to count.
 */
static struct port_counts *read_ports(const struct datapath *datapath,
				      const struct watch_group *group, uint64_t *ret_origin)
{
	_cleanup_free_ struct port_counts *sum = NULL;
	uint32_t origin = 0;

	for (size_t i = 0; i < group->devices_count; i++) {
		const struct datapath_device *device = &group->devices[i]->device->device;
		_cleanup_free_ struct port_counts *counts = NULL;
		struct error error;
		uint32_t key[4];

		if (device->per_port <= DATAPATH_PER_PORT_OFF)
			continue;
		if (port_counts_read(datapath, device, &counts, &error) || !counts)
			return NULL;
		key[0] = device->ifindex;
		key[1] = device->link_id;
		key[2] = counts->per_port;
		key[3] = counts->since_s;
		origin = hash_bytes(origin, key, sizeof(key));
		if (sum)
			port_counts_add(sum, counts);
		else
			sum = TAKE_PTR(counts);
	}
	*ret_origin = (uint64_t)origin + 1;
	return TAKE_PTR(sum);
}

/* Finds or makes the group's strip; NULL if there are too many. */
static struct strip *strip_of(struct sampler *sampler, struct sampler_group *group)
{
	struct sampler_group *gone = NULL;
	size_t count = 0;

	for (size_t i = 0; i < SAMPLER_GROUPS; i++) {
		count += sampler->list[i].strip != NULL;
		if (sampler->list[i].strip && sampler->list[i].gone_ms)
			gone = &sampler->list[i];
	}
	if (!group->strip && count == SAMPLER_STRIPS && gone) {
		strip_free(gone->strip);
		gone->strip = NULL;
		count--;
	}
	if (!group->strip && count < SAMPLER_STRIPS)
		group->strip = strip_new(&sampler->full_bytes);
	return group->strip;
}

static bool is_new_port(const struct port_counts *counts, const struct port_key *key)
{
	return port_is_new(counts, key->transport, key->port) &&
	       counts->first_s[key->transport][key->port] > counts->since_s + SETTLED_SECONDS;
}

/* Lists the busiest ports: by packets in this second, then by all packets. */
static void list_ports(struct sampler_group *group, const struct port_counts *counts,
		       double seconds)
{
	const struct strip *strip = group->strip;
	uint64_t keys[SAMPLER_PORTS];
	size_t count = 0;

	for (unsigned int t = 0; t < STRIP_TRANSPORTS; t++)
		for (unsigned int port = 0; port < PORTSIEVE_PORTS; port++) {
			uint64_t passed = strip->delta[STRIP_TCP_PASSED + t][port];
			uint64_t dropped = strip->delta[STRIP_TCP_DROPPED + t][port];
			uint64_t all = (uint64_t)strip->before[STRIP_TCP_PASSED + t][port] +
				       strip->before[STRIP_TCP_DROPPED + t][port];
			uint64_t key =
				(passed + dropped) << 32 | (all > UINT32_MAX ? UINT32_MAX : all);
			size_t at = count;

			if (!key || (count == SAMPLER_PORTS && key <= keys[count - 1]))
				continue;
			if (count < SAMPLER_PORTS)
				count++;
			else
				at--;
			for (; at && keys[at - 1] < key; at--) {
				keys[at] = keys[at - 1];
				group->ports[at] = group->ports[at - 1];
			}
			keys[at] = key;
			group->ports[at] = (struct sampler_port){
				.key = { (uint16_t)port, (uint16_t)t },
				.passed = (double)passed / seconds,
				.dropped = (double)dropped / seconds,
			};
		}
	for (size_t i = 0; i < count; i++)
		group->ports[i].is_new = is_new_port(counts, &group->ports[i].key);
	group->ports_count = count;
}

/* Lists the ports with drops in this second, for the sentence; the caller frees the list. */
static struct sentence_port *dropped_ports(const struct sampler *sampler,
					   const struct sampler_group *group,
					   const struct port_counts *counts, double part,
					   size_t *ret_count)
{
	const struct strip *strip = group->strip;
	struct sentence_port *ports = calloc(strip->distinct + 1, sizeof(*ports));
	size_t count = 0;

	for (unsigned int t = 0; ports && t < STRIP_TRANSPORTS; t++)
		for (unsigned int port = 0; port < PORTSIEVE_PORTS; port++) {
			uint32_t dropped = strip->delta[STRIP_TCP_DROPPED + t][port];
			struct port_key key = { (uint16_t)port, (uint16_t)t };

			if (!dropped || count == strip->distinct)
				continue;
			ports[count++] = (struct sentence_port){
				.transport = (uint8_t)t,
				.port = (uint16_t)port,
				.listened = sampler_listener(sampler, key),
				.is_new = is_new_port(counts, &key) &&
					  strip->before[STRIP_TCP_DROPPED + t][port] == dropped,
				.dropped = (uint64_t)(dropped * part) + 1,
			};
		}
	*ret_count = count;
	return ports;
}

/* Notes the most probed one of the denied ports that have a listener. */
static void note_probed(struct sampler_group *group, const struct sentence_port *ports,
			size_t count, int64_t second)
{
	uint64_t most = 0;

	for (size_t i = 0; i < count; i++)
		if (ports[i].listened && ports[i].dropped > most) {
			most = ports[i].dropped;
			group->probed = (struct port_key){ ports[i].port, ports[i].transport };
			group->probed_s = second;
		}
	group->is_probed = group->probed_s && second - group->probed_s < SAMPLER_PROBED_SECONDS;
}

/* ---- events ---- */

/* Adds the event if it is among the latest. */
static void take_event(struct sampler_group *group, uint32_t ifindex, const char *device,
		       const struct event *event)
{
	struct event_words words = event_words_of(event);
	size_t at = group->events_count;
	json_object *object;
	char *json;

	while (at && group->events[at - 1].real_ns < event->real_ns)
		at--;
	if (at == SAMPLER_EVENTS)
		return;
	object = event_json(device, event, &words);
	json = strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	if (!json)
		return;
	if (group->events_count == SAMPLER_EVENTS)
		free(group->events[--group->events_count].json);
	memmove(&group->events[at + 1], &group->events[at],
		(group->events_count++ - at) * sizeof(*group->events));
	group->events[at] = (struct sampler_event){ ifindex, event->real_ns, json };
}

/* What was lost of a device since the sampler began. The counter outlives the reader. */
static void count_lost(struct sampler *sampler, const struct event_watch_device *read)
{
	size_t at = 0;

	while (at < sampler->lost_count && sampler->lost[at].ifindex != read->ifindex)
		at++;
	if (at == SAMPLER_RECORDERS)
		return;
	if (at == sampler->lost_count)
		sampler->lost[sampler->lost_count++] =
			(struct metrics_lost){ .ifindex = read->ifindex };
	sampler->lost[at].events += read->lost;
}

static void take_batch(struct sampler_group *group, const struct event_watch_device *read,
		       const char *device)
{
	const struct events_batch *batch = &read->batch;

	if (read->is_first) /* has all that are kept */
		forget_events(group, read->ifindex);
	for (size_t i = 0; i < batch->count && i < SAMPLER_EVENTS; i++)
		take_event(group, read->ifindex, device, &batch->list[batch->count - 1 - i]);
	for (size_t i = 0; i < batch->count && !read->is_first; i++)
		busy_sources_add(&group->sources, &batch->list[i]);
}

/*
 * Takes what the group's devices have recorded in the last second. Returns the sources of the
 * dropped packets, which the caller frees; NULL: out of memory.
 */
static struct sentence_source *take_events(const struct sampler *sampler,
					   struct sampler_group *group, double seconds,
					   size_t *ret_count)
{
	const struct event_watch *watch = &sampler->events;
	struct sentence_source *dropped = calloc(watch->dropped_count + 1, sizeof(*dropped));

	*ret_count = 0;
	group->recorded = DATAPATH_EVENTS_OFF;
	for (size_t d = 0; d < group->now->devices_count; d++) {
		const struct datapath_device *device = &group->now->devices[d]->device->device;

		if (device->events > group->recorded)
			group->recorded = device->events;
		for (size_t i = 0; i < watch->count; i++) {
			if (watch->devices[i].ifindex != device->ifindex)
				continue;
			take_batch(group, &watch->devices[i], device->name);
			if (watch->devices[i].lost)
				group->lost_s = sampler->second;
		}
		for (size_t i = 0; dropped && i < watch->dropped_count; i++)
			if (watch->dropped[i].ifindex == device->ifindex)
				dropped[(*ret_count)++] = watch->dropped[i];
	}
	group->is_losing = group->lost_s && sampler->second - group->lost_s < SAMPLER_LOST_SECONDS;
	busy_sources_next(&group->sources, seconds);
	return dropped;
}

static int64_t local_time_of(int64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm local = { 0 };

	localtime_r(&now, &local);
	return now + local.tm_gmtoff;
}

/* The work done once a second; `seconds` have passed since the last time. */
static void second_of_group(struct sampler *sampler, const struct datapath *datapath,
			    struct sampler_group *group, double seconds, int64_t now_ms)
{
	struct watch_groups alone = { .groups = (struct watch_group *)group->now, .count = 1 };
	_cleanup_free_ struct sentence_port *ports = NULL;
	_cleanup_free_ struct sentence_source *sources = NULL;
	_cleanup_free_ struct port_counts *counts = NULL;
	struct sentence_group known = {
		.ifindex = group->now->devices[0]->device->device.ifindex,
	};
	struct sentence_more more = { &known, 1 };
	uint64_t origin = 0;

	group->per_port = group->now->devices[0]->device->device.per_port;
	counts = read_ports(datapath, group->now, &origin);
	if (counts && strip_of(sampler, group) &&
	    strip_add(group->strip, now_ms / 1000 - 1, origin, counts)) {
		double part = (double)group->now->interval_ns / 1e9 / seconds;

		list_ports(group, counts, seconds);
		ports = dropped_ports(sampler, group, counts, part, &known.ports_count);
		known.ports = ports;
	}
	note_probed(group, ports, known.ports_count, now_ms / 1000);
	if (!counts) {
		group->ports_count = 0;
		strip_free(group->strip);
		group->strip = NULL;
	}
	sources = take_events(sampler, group, seconds, &known.sources_count);
	known.sources = sources;
	sentence_next(&group->sentence, &alone, &more, local_time_of(now_ms));
}

static void next_second(struct sampler *sampler, int64_t now_ms)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	double seconds = sampler->second ? (double)(now_ms / 1000 - sampler->second) : 1;
	struct error error;

	if (now_ms / 1000 == sampler->second)
		return;
	sampler->second = now_ms / 1000;
	if (datapath_open(DATAPATH_READ, NULL, &datapath, &error))
		return;
	read_listeners(sampler, now_ms);
	event_watch_read(&sampler->events, &sampler->snapshot);
	for (size_t i = 0; i < sampler->events.count; i++)
		count_lost(sampler, &sampler->events.devices[i]);
	for (size_t i = 0; i < SAMPLER_GROUPS; i++) {
		struct sampler_group *group = &sampler->list[i];

		if (group->now)
			second_of_group(sampler, &datapath, group, seconds < 1 ? 1 : seconds,
					now_ms);
		else if (group->gone_ms)
			sentence_gone(&group->sentence, local_time_of(now_ms));
	}
}

void sampler_read(struct sampler *sampler, int64_t now_ms)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	_cleanup_rates_ struct rates rates = { 0 };
	struct watch_groups groups;
	struct error error = { 0 };

	if (loaded_snapshot_read(NULL, &sampler->snapshot, &snapshot, &error) &&
	    error.exit != EXIT_NOT_LOADED) {
		utf8_copy_printable(sampler->message, sizeof(sampler->message), error.text);
		return;
	}
	if (rates_next(&sampler->rates, &snapshot, &rates) ||
	    watch_groups_make(&rates, false, &sampler->groups, &groups)) {
		error_no_memory(&error);
		strcpy(sampler->message, error.text);
		return;
	}
	sampler->message[0] = '\0';
	for (size_t i = 0; i < SAMPLER_GROUPS; i++)
		sampler->list[i].now = NULL;
	watch_groups_free(&sampler->groups);
	rates_free(&sampler->rates);
	snapshot_free(&sampler->snapshot);
	sampler->groups = groups;
	sampler->rates = rates;
	sampler->snapshot = snapshot;
	rates = (struct rates){ 0 };
	snapshot = (struct snapshot){ 0 };
	for (size_t i = 0; i < sampler->groups.count; i++)
		take_group(sampler, &sampler->groups.groups[i], now_ms);
	take_others(sampler, &sampler->snapshot, now_ms);
	next_second(sampler, now_ms);
}

const struct sampler_group *sampler_find(const struct sampler *sampler, const char *device)
{
	const struct sampler_group *first = NULL;

	for (size_t i = 0; !device && i < sampler->groups.count; i++)
		for (size_t g = 0; g < SAMPLER_GROUPS; g++)
			if (sampler->list[g].now == &sampler->groups.groups[i])
				return &sampler->list[g];
	for (size_t i = 0; i < SAMPLER_GROUPS; i++) {
		const struct sampler_group *group = &sampler->list[i];

		if (!group->names_count || (device && !has_name(group, device)))
			continue;
		/* a device that has joined another group is found there first */
		if (!first || (first->gone_ms && !group->gone_ms))
			first = group;
	}
	return first;
}

enum sampler_state sampler_state(const struct sampler_group *group, int64_t now_ms)
{
	if (!group || group->gone_ms)
		return SAMPLER_NOT_LOADED;
	return !group->now || now_ms - group->read_ms > SAMPLER_STALE_MS ? SAMPLER_STALE
									 : SAMPLER_LIVE;
}

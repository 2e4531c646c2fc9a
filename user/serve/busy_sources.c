/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small table with exponentially weighted averages. */
#include "serve/busy_sources.h"

#include <stdlib.h>
#include <string.h>

#include "watch/sources.h"

static const double FORGOTTEN = 0.01; /* packets per second */

static bool is_equal(const struct policy_prefix *one, const struct policy_prefix *other)
{
	return one->family == other->family &&
	       !memcmp(one->address, other->address, sizeof(one->address));
}

/* Finds or adds the source. A new entry has only its address set. */
static struct busy_source *find(struct busy_sources *sources, const struct policy_prefix *address)
{
	struct busy_source *least = &sources->list[0];

	for (size_t i = 0; i < sources->count; i++) {
		struct busy_source *source = &sources->list[i];

		if (is_equal(&source->address, address))
			return source;
		if (source->rate + source->packets < least->rate + least->packets)
			least = source;
	}
	if (sources->count < BUSY_SOURCES_MAX)
		least = &sources->list[sources->count++];
	*least = (struct busy_source){ .address = *address };
	return least;
}

void busy_sources_add(struct busy_sources *sources, const struct event *event)
{
	const struct portsieve_event *record = &event->record;
	struct policy_prefix address;
	struct busy_source *source;

	if (record->verdict == PORTSIEVE_PASSED || event->packets == 0 ||
	    !source_address(event, &address))
		return;
	source = find(sources, &address);
	source->packets += event->packets;
	if (!record->has_port)
		return;
	source->several_ports |= source->has_port && (source->port != record->port ||
						      source->transport != record->transport);
	if (!source->has_port) {
		source->has_port = true;
		source->transport = record->transport;
		source->port = record->port;
	}
}

static int compare(const void *one, const void *other)
{
	const struct busy_source *a = one, *b = other;

	if (a->rate != b->rate)
		return a->rate > b->rate ? -1 : 1;
	if (a->address.family != b->address.family)
		return a->address.family < b->address.family ? -1 : 1;
	return memcmp(a->address.address, b->address.address, sizeof(a->address.address));
}

void busy_sources_next(struct busy_sources *sources, double seconds)
{
	double part = seconds / (seconds + BUSY_SOURCES_SECONDS);

	for (size_t i = 0; i < sources->count; i++) {
		struct busy_source *source = &sources->list[i];

		source->rate += (source->packets / seconds - source->rate) * part;
		source->packets = 0;
	}
	qsort(sources->list, sources->count, sizeof(*sources->list), compare);
	while (sources->count && sources->list[sources->count - 1].rate < FORGOTTEN)
		sources->count--;
}

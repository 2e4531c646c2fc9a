/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matching the rows of two readings, and subtracting them. */
#include "watch/rates.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/counter_sum.h"

enum { NO_RANGE = UINT16_MAX };

void rates_free(struct rates *rates)
{
	for (size_t i = 0; i < rates->count; i++) {
		free(rates->devices[i].delta.ranges);
		free(rates->devices[i].change.ranges);
	}
	free(rates->devices);
	*rates = (struct rates){ 0 };
}

static bool counter_fell(const struct portsieve_counter *before,
			 const struct portsieve_counter *now)
{
	for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
		if (now->verdict[v].packets < before->verdict[v].packets)
			return true;
	return false;
}

static void counter_subtract(struct portsieve_counter *from,
			     const struct portsieve_counter *counter)
{
	for (int v = 0; v < PORTSIEVE_VERDICTS; v++) {
		from->verdict[v].packets -= counter->verdict[v].packets;
		from->verdict[v].bytes -= counter->verdict[v].bytes;
	}
	from->new_connections -= counter->new_connections;
}

static bool ranges_equal(const struct portsieve_image *one, uint32_t one_id,
			 const struct portsieve_image *other, uint32_t other_id)
{
	const struct portsieve_range *a = &one->range[one_id], *b = &other->range[other_id];

	return a->transport == b->transport && a->low == b->low && a->high == b->high &&
	       !strcmp(one->rule[a->rule].name, other->rule[b->rule].name);
}

/*
 * Fills in, for each range id of `now`, the id of the same range in `before`, or NO_RANGE. A range
 * that stays keeps its row, so only the range that had the row before comes into question.
 */
static int match_ranges(const struct portsieve_image *before, const struct portsieve_image *now,
			uint16_t *same)
{
	_cleanup_free_ uint16_t *by_row = NULL;

	/* Snapshots share an image that has not changed. */
	for (uint32_t id = 0; id < (before == now ? now->ranges : PORTSIEVE_RANGE_DHCP); id++)
		same[id] = (uint16_t)id;
	same[PORTSIEVE_RANGE_DHCP] = NO_RANGE; /* counted as a reason */
	if (before == now)
		return 0;
	by_row = malloc(PORTSIEVE_COUNTERS * sizeof(*by_row));
	if (!by_row)
		return -ENOMEM;
	memset(by_row, 0xff, PORTSIEVE_COUNTERS * sizeof(*by_row));
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < before->ranges; id++)
		by_row[before->counter[id]] = (uint16_t)id;
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < now->ranges; id++) {
		uint16_t of_row = by_row[now->counter[id]];

		same[id] = of_row != NO_RANGE && ranges_equal(before, of_row, now, id) ? of_row
										       : NO_RANGE;
	}
	return 0;
}

static const struct rates_device *find_device(const struct rates *rates, uint32_t ifindex)
{
	for (size_t i = 0; i < rates->count; i++)
		if (rates->devices[i].device->device.ifindex == ifindex)
			return &rates->devices[i];
	return NULL;
}

static const struct portsieve_counter *range_row(const struct snapshot_device *device, uint32_t id)
{
	return &device->rows[device->image->counter[id]];
}

static bool has_restarted(const struct snapshot_device *before, const struct snapshot_device *now,
			  const uint16_t *same, const struct portsieve_counter *ended)
{
	for (uint32_t id = 0; id < now->image->ranges; id++)
		if (same[id] != NO_RANGE &&
		    counter_fell(range_row(before, same[id]), range_row(now, id)))
			return true;
	for (int reason = 0; reason < PORTSIEVE_REASONS; reason++)
		if (counter_fell(&before->rows[reason], &now->rows[reason]))
			return true;
	return counter_fell(ended, &now->retired);
}

/*
 * What the ended ranges, and those that have ended since, had counted and changed by at the
 * previous reading.
 */
static int sum_ended(const struct rates_device *previous, const struct portsieve_image *now,
		     const uint16_t *same, struct portsieve_counter *counted,
		     struct portsieve_counter *change)
{
	const struct snapshot_device *before = previous->device;
	_cleanup_free_ bool *stays = calloc(PORTSIEVE_RANGES, sizeof(*stays));

	if (!stays)
		return -ENOMEM;
	for (uint32_t id = 0; id < now->ranges; id++)
		if (same[id] != NO_RANGE)
			stays[same[id]] = true;
	*counted = before->retired;
	*change = previous->change.ended;
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < before->image->ranges; id++) {
		if (stays[id])
			continue;
		counter_add(counted, range_row(before, id));
		counter_add(change, &previous->change.ranges[id]);
	}
	return 0;
}

/*
 * From what a row has counted, what it had counted at the previous reading (NULL: nothing), and by
 * how much it had changed by then (NULL: by nothing).
 */
static void count(const struct portsieve_counter *now, const struct portsieve_counter *before,
		  const struct portsieve_counter *change_before, struct portsieve_counter *delta,
		  struct portsieve_counter *change)
{
	*delta = *now;
	if (before)
		counter_subtract(delta, before);
	*change = *delta;
	if (change_before)
		counter_add(change, change_before);
}

static int compute(const struct rates_device *previous, struct rates_device *rates)
{
	const struct snapshot_device *now = rates->device, *before = previous->device;
	_cleanup_free_ uint16_t *same = malloc(PORTSIEVE_RANGES * sizeof(*same));
	struct portsieve_counter ended, ended_change;
	bool restarted;

	if (!same || match_ranges(before->image, now->image, same) ||
	    sum_ended(previous, now->image, same, &ended, &ended_change))
		return -ENOMEM;
	restarted = has_restarted(before, now, same, &ended);
	rates->restarted = restarted;
	rates->changed = before->image->applied_ns != now->image->applied_ns;
	if (now->read_ns > before->read_ns)
		rates->interval_ns = now->read_ns - before->read_ns;
	for (uint32_t id = 0; id < now->image->ranges; id++) {
		bool known = same[id] != NO_RANGE;

		if (id == PORTSIEVE_RANGE_DHCP) {
			rates->delta.ranges[id] = rates->change.ranges[id] =
				(struct portsieve_counter){ 0 };
			continue;
		}
		count(range_row(now, id), known && !restarted ? range_row(before, same[id]) : NULL,
		      known ? &previous->change.ranges[same[id]] : NULL, &rates->delta.ranges[id],
		      &rates->change.ranges[id]);
	}
	for (int reason = 0; reason < PORTSIEVE_REASONS; reason++)
		count(&now->rows[reason], restarted ? NULL : &before->rows[reason],
		      &previous->change.reasons[reason], &rates->delta.reasons[reason],
		      &rates->change.reasons[reason]);
	count(&now->retired, restarted ? NULL : &ended, &ended_change, &rates->delta.ended,
	      &rates->change.ended);
	return 0;
}

int rates_next(const struct rates *previous, const struct snapshot *snapshot,
	       struct rates *ret_rates)
{
	_cleanup_rates_ struct rates rates = { 0 };

	rates.devices = calloc(snapshot->count + 1, sizeof(*rates.devices));
	if (!rates.devices)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->count; i++) {
		struct rates_device *device = &rates.devices[rates.count++];
		const struct rates_device *before;
		size_t size;

		device->device = &snapshot->devices[i];
		size = device->device->image->ranges * sizeof(struct portsieve_counter);
		device->delta.ranges = malloc(size);
		device->change.ranges = malloc(size);
		if (!device->delta.ranges || !device->change.ranges)
			return -ENOMEM;
		before = find_device(previous, device->device->device.ifindex);
		if (before && compute(before, device))
			return -ENOMEM;
		if (!before) {
			memset(device->delta.ranges, 0, size);
			memset(device->change.ranges, 0, size);
		}
	}
	*ret_rates = rates;
	rates = (struct rates){ 0 };
	return 0;
}

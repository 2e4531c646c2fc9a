/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grouping devices and folding ranges. */
#include "watch/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "compile/compile.h"
#include "compile/range_order.h"
#include "datapath/counter_sum.h"
#include "policy/policy.h"
#include "print/format.h"
#include "print/reason.h"

const char *const watch_sort_names[WATCH_SORTS + 1] = {
	[WATCH_SORT_POLICY] = "policy", [WATCH_SORT_PACKETS] = "packets",
	[WATCH_SORT_BITS] = "bits",	[WATCH_SORT_DROPPED] = "dropped",
	[WATCH_SORT_NEW] = "new",	[WATCH_SORT_TOTAL] = "total",
	[WATCH_SORT_CHANGE] = "change", [WATCH_SORT_NAME] = "name",
};

void watch_groups_free(struct watch_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		free(groups->groups[i].devices);
		free(groups->groups[i].rows);
	}
	free(groups->groups);
	*groups = (struct watch_groups){ 0 };
}

uint64_t watch_packets(const struct portsieve_counter *counter)
{
	uint64_t packets = 0;

	for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
		packets += counter->verdict[v].packets;
	return packets;
}

uint64_t watch_bits(const struct portsieve_counter *counter)
{
	uint64_t bytes = 0;

	for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
		bytes += counter->verdict[v].bytes;
	return bytes * 8;
}

bool watch_group_monitors(const struct watch_group *group)
{
	return image_monitors(group->devices[0]->device->image) ||
	       group->all.total.verdict[PORTSIEVE_WOULD_DROP].packets;
}

/* The rows that a group had before, if its policy is the same. */
struct old_rows {
	const struct watch_row **by_place;
	size_t count;
};

static void old_rows_free(struct old_rows *old)
{
	free(old->by_place);
}

#define _cleanup_old_rows_ __attribute__((cleanup(old_rows_free)))

/* A new row; there is room for it. */
static struct watch_row *row_add(struct watch_group *group, enum watch_row_kind kind,
				 const char *name, uint32_t first, uint32_t end)
{
	struct watch_row *row = &group->rows[group->rows_count];

	row->kind = kind;
	row->place = group->rows_count++;
	row->first = first;
	row->end = end;
	row->name = name;
	row->action = "";
	return row;
}

static void row_count(struct watch_row *row, const struct portsieve_counter *total,
		      const struct portsieve_counter *delta, const struct portsieve_counter *change)
{
	counter_add(&row->total, total);
	counter_add(&row->delta, delta);
	counter_add(&row->change, change);
}

/* "tcp/80,443 udp/443", or how many ranges there are if that is too long; "all packets". */
static void ports_print(const struct portsieve_image *image, uint32_t first, uint32_t end,
			char text[40])
{
	char all[256] = "", protocols[20] = "";
	size_t length = 0, words = 0;

	if (image->range[first].transport == PORTSIEVE_ANY) {
		strcpy(text, "all packets");
		return;
	}
	for (uint32_t id = first; id < end && length < sizeof(all) - 64; id++) {
		const struct portsieve_range *range = &image->range[id];
		bool same = id > first && range->transport == image->range[id - 1].transport;
		char ports[16];

		format_ports(range->low, range->high, ports);
		length += snprintf(all + length, sizeof(all) - length, "%s%s%s%s",
				   id == first ? ""
				   : same      ? ","
					       : " ",
				   same ? "" : transport_name(range->transport), same ? "" : "/",
				   ports);
	}
	if (length < 32) {
		strcpy(text, all);
		return;
	}
	for (int t = 0; t < PORTSIEVE_TRANSPORTS; t++) {
		uint32_t id = first;

		while (id < end && image->range[id].transport != t)
			id++;
		if (id < end)
			words += snprintf(protocols + words, sizeof(protocols) - words, "%s%s",
					  words ? " " : "", transport_name(t));
	}
	snprintf(text, 40, "%s, %u ranges", protocols, end - first);
}

static const char *action_of(const struct snapshot_device *device, uint32_t id)
{
	const struct portsieve_image *image = device->image;
	bool drop = image->range[id].drop;

	if (snapshot_range_ended(device, id))
		return "ended";
	return action_words(drop, drop && !ids_have(&image->enforced, id));
}

/* One row of the ranges from `first` up to but not including `end`, in all devices of the group. */
static void add_ranges(struct watch_group *group, const struct old_rows *old,
		       enum watch_row_kind kind, uint32_t first, uint32_t end)
{
	const struct snapshot_device *device = group->devices[0]->device;
	struct watch_row *row =
		row_add(group, kind, range_rule_name(device->image, first), first, end);

	row->action = action_of(device, first);
	if (row->place < old->count)
		strcpy(row->ports, old->by_place[row->place]->ports);
	else
		ports_print(device->image, first, end, row->ports);
	for (size_t i = 0; i < group->devices_count; i++) {
		const struct rates_device *rates = group->devices[i];

		for (uint32_t id = first; id < end; id++)
			row_count(row, &rates->device->rows[device->image->counter[id]],
				  &rates->delta.ranges[id], &rates->change.ranges[id]);
	}
}

static void add_reasons(struct watch_group *group)
{
	struct watch_row *row;

	for (int reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		row = row_add(group, WATCH_REASON, reason_name(reason), reason, reason + 1);
		for (size_t i = 0; i < group->devices_count; i++) {
			const struct rates_device *rates = group->devices[i];

			row_count(row, &rates->device->rows[reason], &rates->delta.reasons[reason],
				  &rates->change.reasons[reason]);
		}
	}
	row = row_add(group, WATCH_ENDED, "(ended ranges)", 0, 0);
	for (size_t i = 0; i < group->devices_count; i++) {
		const struct rates_device *rates = group->devices[i];

		row_count(row, &rates->device->retired, &rates->delta.ended, &rates->change.ended);
	}
}

/* Finds the rows of the same image among the previous ones, whatever their order is now. */
static int find_old(const struct watch_group *group, const struct watch_groups *previous,
		    struct old_rows *old)
{
	const struct portsieve_image *image = group->devices[0]->device->image;
	const struct watch_group *same = NULL;

	for (size_t i = 0; i < previous->count; i++)
		if (previous->groups[i].devices[0]->device->image == image)
			same = &previous->groups[i];
	if (!same)
		return 0;
	old->by_place = calloc(same->rows_count, sizeof(*old->by_place));
	if (!old->by_place)
		return -ENOMEM;
	old->count = same->rows_count;
	for (size_t i = 0; i < same->rows_count; i++)
		old->by_place[same->rows[i].place] = &same->rows[i];
	return 0;
}

static int add_rows(struct watch_group *group, bool each_range, const struct old_rows *old)
{
	const struct portsieve_image *image = group->devices[0]->device->image;
	struct rules_walk walk = rules_walk_begin(image);
	struct rule_ranges rule;

	group->rows = calloc((each_range ? image->ranges : image->rules) + PORTSIEVE_RANGE_DHCP +
				     PORTSIEVE_REASONS + 1,
			     sizeof(*group->rows));
	if (!group->rows)
		return -ENOMEM;
	while (rules_walk_next(&walk, &rule)) {
		uint32_t step = each_range ? 1 : rule.end - rule.first;

		for (uint32_t id = rule.first; id < rule.end; id += step)
			add_ranges(group, old, WATCH_RULE, id, id + step);
	}
	for (uint32_t id = 0; id < PORTSIEVE_RANGE_DHCP; id++)
		add_ranges(group, old, WATCH_UNNAMED, id, id + 1);
	add_reasons(group);
	group->all = (struct watch_row){ .kind = WATCH_ALL, .name = "all packets", .action = "" };
	for (size_t i = 0; i < group->rows_count; i++) {
		const struct watch_row *row = &group->rows[i];

		row_count(&group->all, &row->total, &row->delta, &row->change);
	}
	return 0;
}

/* The group of a device, new if it is the first of it; NULL when memory is short. */
static struct watch_group *group_of(struct watch_groups *groups, const struct rates_device *rates)
{
	const struct datapath_device *device = &rates->device->device;
	struct watch_group *more;

	for (size_t i = 0; i < groups->count; i++) {
		const struct datapath_device *first = &groups->groups[i].devices[0]->device->device;

		/* The image is asked for too: it may change between the reading of two devices. */
		if (first->active_id == device->active_id && first->image_id == device->image_id)
			return &groups->groups[i];
	}
	more = array_room(groups->groups, groups->count, sizeof(*more));
	if (!more)
		return NULL;
	groups->groups = more;
	more[groups->count] = (struct watch_group){ 0 };
	return &more[groups->count++];
}

int watch_groups_make(const struct rates *rates, bool each_range,
		      const struct watch_groups *previous, struct watch_groups *ret_groups)
{
	_cleanup_watch_groups_ struct watch_groups groups = { 0 };

	for (size_t i = 0; i < rates->count; i++) {
		struct watch_group *group = group_of(&groups, &rates->devices[i]);
		const struct rates_device **devices;

		devices = group ? array_room(group->devices, group->devices_count, sizeof(*devices))
				: NULL;
		if (!devices)
			return -ENOMEM;
		group->devices = devices;
		devices[group->devices_count++] = &rates->devices[i];
		if (rates->devices[i].interval_ns > group->interval_ns)
			group->interval_ns = rates->devices[i].interval_ns;
	}
	for (size_t i = 0; i < groups.count; i++) {
		_cleanup_old_rows_ struct old_rows old = { 0 };

		if (find_old(&groups.groups[i], previous, &old) ||
		    add_rows(&groups.groups[i], each_range, &old))
			return -ENOMEM;
	}
	*ret_groups = groups;
	groups = (struct watch_groups){ 0 };
	return 0;
}

static uint64_t sort_key(const struct watch_row *row, enum watch_sort sort)
{
	switch (sort) {
	case WATCH_SORT_PACKETS:
		return watch_packets(&row->delta);
	case WATCH_SORT_BITS:
		return watch_bits(&row->delta);
	case WATCH_SORT_DROPPED:
		return row->delta.verdict[PORTSIEVE_DROPPED].packets +
		       row->delta.verdict[PORTSIEVE_WOULD_DROP].packets;
	case WATCH_SORT_NEW:
		return row->delta.new_connections;
	case WATCH_SORT_TOTAL:
		return watch_packets(&row->total);
	case WATCH_SORT_CHANGE:
		return watch_packets(&row->change);
	default:
		return 0;
	}
}

/* For qsort_r; `arg` is the enum watch_sort. */
static int compare_rows(const void *one, const void *other, void *arg)
{
	const struct watch_row *a = one, *b = other;
	enum watch_sort sort = *(const enum watch_sort *)arg;
	uint64_t key = sort_key(a, sort), other_key = sort_key(b, sort);
	int by_name = sort == WATCH_SORT_NAME ? strcmp(a->name, b->name) : 0;

	if (key != other_key)
		return key > other_key ? -1 : 1;
	if (by_name)
		return by_name;
	return a->place < b->place ? -1 : 1;
}

void watch_group_sort(struct watch_group *group, enum watch_sort sort)
{
	if (group->rows_count && sort != (enum watch_sort)group->sorted)
		qsort_r(group->rows, group->rows_count, sizeof(*group->rows), compare_rows, &sort);
	group->sorted = sort;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices with a few rules, whose counters the tests set, as snapshots at times they choose. */
#ifndef TESTS_WATCH_BY_HAND_H
#define TESTS_WATCH_BY_HAND_H

#include "print/snapshot_by_hand.h"
#include "watch/watch.h"

enum { BY_HAND_ROWS = PORTSIEVE_COUNTER_POOL + 16 };

/* A rule of one or several ranges; its rows are given. */
struct rule_by_hand {
	const char *name;
	struct portsieve_range range;
	uint16_t row; /* of the pool */
};

/* Adds a device with these rules, read at that second. */
static inline struct snapshot_device *device_by_hand(struct snapshot *snapshot, const char *name,
						     uint64_t seconds,
						     const struct rule_by_hand *rules, size_t count)
{
	struct snapshot_device *device;

	snapshot->devices =
		reallocarray(snapshot->devices, snapshot->count + 1, sizeof(*snapshot->devices));
	device = &snapshot->devices[snapshot->count++];
	*device = (struct snapshot_device){
		.image = calloc(1, sizeof(*device->image)),
		.rows = calloc(BY_HAND_ROWS, sizeof(*device->rows)),
		.read_ns = seconds * 1000000000,
	};
	strcpy(device->device.name, name);
	device->device.ifindex = (uint32_t)(name[strlen(name) - 1] - '0' + 1);
	device->device.active_id = 100 + device->device.ifindex;
	device->device.image_id = 200;
	image_fill(device->image);
	device->image->ranges = PORTSIEVE_RANGE_RULES;
	device->image->rules = 0;
	for (size_t i = 0; i < count; i++) {
		if (i && !strcmp(rules[i].name, rules[i - 1].name))
			device->image->rules--; /* one more range of the same rule */
		image_add(device->image, rules[i].name, rules[i].range,
			  PORTSIEVE_COUNTER_POOL + rules[i].row);
	}
	device->image->enforced = (struct portsieve_ids){ 0, PORTSIEVE_RANGES };
	device->image->final = (struct portsieve_ids){ (uint16_t)device->image->ranges, 0 };
	device->image->counters = BY_HAND_ROWS;
	return device;
}

/* The row of the pool with that number. */
static inline struct portsieve_counter *row_of(struct snapshot_device *device, int row)
{
	return &device->rows[PORTSIEVE_COUNTER_POOL + row];
}

#define WEB(row)                                                                                   \
	{                                                                                          \
		"web", { .low = 80, .high = 80 }, row                                              \
	}
#define WEBS(row)                                                                                  \
	{                                                                                          \
		"web", { .low = 443, .high = 443 }, row                                            \
	}
#define MEMCACHED(row)                                                                             \
	{                                                                                          \
		"memcached",                                                                       \
			{ .low = 11211, .high = 11211, .transport = PORTSIEVE_UDP, .drop = 1 },    \
			row                                                                        \
	}
#define GAMES(row)                                                                                 \
	{                                                                                          \
		"games", { .low = 27000, .high = 27100, .transport = PORTSIEVE_UDP, .drop = 1 },   \
			row                                                                        \
	}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot of one device with two rules and chosen numbers, as setup and teardown of tests. */
#ifndef TESTS_SNAPSHOT_BY_HAND_H
#define TESTS_SNAPSHOT_BY_HAND_H

#include <stdlib.h>
#include <string.h>

#include "datapath/snapshot.h"

#define DIGEST "ab000000000000000000000000000000000000000000000000000000000000cd"

enum { GAMES_ROW = PORTSIEVE_COUNTER_POOL, WEB_ROW };

static inline void image_add(struct portsieve_image *image, const char *rule,
			     struct portsieve_range range, uint16_t row)
{
	strcpy(image->rule[image->rules].name, rule);
	image->rule[image->rules].drop = range.drop;
	range.rule = image->rules++;
	image->counter[image->ranges] = row;
	image->range[image->ranges++] = range;
}

static inline void image_fill(struct portsieve_image *image)
{
	static const uint16_t low[] = { 0, 1, 1024, 49152 }, high[] = { 0, 1023, 49151, 65535 };

	*image = (struct portsieve_image){ .flags = PORTSIEVE_IMAGE_DEFAULT_DROP,
					   .enforced = { 0, PORTSIEVE_RANGES },
					   .applied_ns = 1786924801999999999, /* 2026-08-17 */
					   .sha256 = { [0] = 0xab, [31] = 0xcd },
					   .source = "/etc/p \"q\".yaml" };
	for (unsigned int id = 0; id < PORTSIEVE_RANGE_DHCP; id++) {
		image->range[id] = (struct portsieve_range){
			.low = low[id % 4], .high = high[id % 4], .transport = id / 4, .drop = 1
		};
		image->counter[id] = PORTSIEVE_COUNTER_BUILTIN + id;
	}
	image->counter[PORTSIEVE_RANGE_DHCP] = PORTSIEVE_DHCP_CLIENT;
	image->ranges = PORTSIEVE_RANGE_RULES;
	image_add(image, "web", (struct portsieve_range){ .low = 80, .high = 80 }, WEB_ROW);
	image_add(image, "games",
		  (struct portsieve_range){
			  .low = 27000, .high = 27100, .transport = PORTSIEVE_UDP, .drop = 1 },
		  GAMES_ROW);
	image->counters = WEB_ROW + 1;
}

static inline void row_fill(struct portsieve_counter *row, enum portsieve_verdict verdict,
			    uint64_t packets, uint64_t bytes)
{
	row->verdict[verdict].packets = packets;
	row->verdict[verdict].bytes = bytes;
}

/* The sum of all dropped packets wraps: UINT64_MAX + 7 is 6. */
static inline int snapshot_make(void **state)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct snapshot_device *device = calloc(1, sizeof(*device));

	*device = (struct snapshot_device){
		.device = { .name = "eth0",
			    .ifindex = 4,
			    .mode = DATAPATH_NATIVE,
			    .program_id = 10,
			    .link_id = 11,
			    .active_id = 12 },
		.image = malloc(sizeof(*device->image)),
		.rows = calloc(WEB_ROW + 1, sizeof(*device->rows)),
		.retired = { .new_connections = 2 },
	};
	image_fill(device->image);
	row_fill(&device->rows[WEB_ROW], PORTSIEVE_PASSED, 1, 60);
	device->rows[WEB_ROW].new_connections = 1;
	row_fill(&device->rows[GAMES_ROW], PORTSIEVE_DROPPED, UINT64_MAX, 9007199254740993);
	row_fill(&device->rows[PORTSIEVE_COUNTER_BUILTIN + 15], PORTSIEVE_DROPPED, 7, 700);
	row_fill(&device->rows[PORTSIEVE_NON_IP], PORTSIEVE_PASSED, 2, 84);
	row_fill(&device->retired, PORTSIEVE_PASSED, 3, 300);
	device->rows[PORTSIEVE_COUNTER_RETIRED] = device->retired;
	*snapshot = (struct snapshot){ .devices = device, .count = 1 };
	*state = snapshot;
	return 0;
}

static inline int snapshot_release(void **state)
{
	snapshot_free(*state);
	free(*state);
	return 0;
}

#endif

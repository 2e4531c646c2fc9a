/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that comes up: what loaded devices have counted, under which policy. */
#ifndef PORTSIEVE_SNAPSHOT_H
#define PORTSIEVE_SNAPSHOT_H

#include "datapath/datapath.h"

struct snapshot_device {
	struct datapath_device device;
	struct portsieve_image *image;	  /* the policy the rows belong to */
	struct portsieve_counter *rows;	  /* by counter id, image->counters of them */
	struct portsieve_counter retired; /* of ranges that changes of policy have ended */
	uint64_t read_ns;		  /* when, by CLOCK_BOOTTIME */
};

/* A loaded device that cannot be read: its pins are not whole, or of another ABI. */
struct snapshot_unreadable {
	struct datapath_device device;
	struct error error; /* why, and what to do */
};

struct snapshot {
	struct snapshot_device *devices; /* by ascending ifindex */
	size_t count;
	struct snapshot_unreadable *unreadable;
	size_t unreadable_count;
};

/*
 * Reads one device (ifindex), or all loaded ones (0). Rows and image of a device belong together;
 * the reading needs no lock. -ENOENT without error filled in when that device is not loaded. The
 * caller owns *ret_snapshot (snapshot_free).
 */
int snapshot_read(const struct datapath *datapath, uint32_t ifindex, struct snapshot *ret_snapshot,
		  struct error *error);
void snapshot_free(struct snapshot *snapshot);
#define _cleanup_snapshot_ __attribute__((cleanup(snapshot_free)))

/* Had the rule's end come when the device was read? Only runtime rules have one. */
bool snapshot_rule_ended(const struct snapshot_device *device, const struct portsieve_rule *rule);

/* The same of a range of the device's image: is it of a rule, and that rule's time over? */
bool snapshot_range_ended(const struct snapshot_device *device, uint32_t range_id);

/* Seconds that the policy still waited to be confirmed, rounded up; 0: it does not wait. */
uint64_t snapshot_seconds_left(const struct snapshot_device *device);

#endif

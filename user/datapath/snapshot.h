/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters of loaded devices, with the policy that they belong to. */
#ifndef PORTSIEVE_SNAPSHOT_H
#define PORTSIEVE_SNAPSHOT_H

#include "datapath/datapath.h"

struct snapshot_device {
	struct datapath_device device;
	struct portsieve_image *image;	  /* the policy the rows belong to */
	struct portsieve_counter *rows;	  /* by counter id, image->counters of them */
	struct portsieve_counter retired; /* of ranges that policy changes have ended */
	uint64_t read_ns;		  /* when, by CLOCK_BOOTTIME */
};

/* A loaded device that cannot be read: its pinned state is incomplete or of another ABI. */
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
 * Reads one device (ifindex), or all loaded ones (0). The rows and the image of a device belong
 * together; no lock is needed. -ENOENT without error filled in: that device is not loaded. The
 * caller owns *ret_snapshot (snapshot_free).
 */
int snapshot_read(const struct datapath *datapath, uint32_t ifindex, struct snapshot *ret_snapshot,
		  struct error *error);
void snapshot_free(struct snapshot *snapshot);
#define _cleanup_snapshot_ __attribute__((cleanup(snapshot_free)))

/* Had the rule ended when the device was read? Only runtime rules end. */
bool snapshot_rule_ended(const struct snapshot_device *device, const struct portsieve_rule *rule);

/* The same for the rule of a range, if it has one. */
bool snapshot_range_ended(const struct snapshot_device *device, uint32_t range_id);

/* Seconds that were left to confirm the policy, rounded up; 0: no change was pending. */
uint64_t snapshot_seconds_left(const struct snapshot_device *device);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters of loaded devices, with the policies that they belong to. */
#ifndef PORTSIEVE_SNAPSHOT_H
#define PORTSIEVE_SNAPSHOT_H

#include "datapath/datapath.h"
#include "datapath/egress_order.h"

struct snapshot_device {
	struct datapath_device device;
	struct portsieve_image *image;	  /* the policy the rows belong to */
	unsigned int *image_users;	  /* reference count; NULL: not shared */
	struct portsieve_counter *rows;	  /* by counter id, image->counters of them */
	struct portsieve_counter retired; /* of ended ranges */
	struct egress_order egress;	  /* the neighbours of its egress program */
	uint64_t read_ns;		  /* when, by CLOCK_BOOTTIME */

	/* The counts at `stats --reset`, by counter id; NULL if there was none. */
	struct portsieve_counter *reset;
	struct portsieve_counter reset_retired;
	uint64_t reset_real_ns; /* when, by CLOCK_REALTIME */
	bool is_since_reset;	/* `reset` has been subtracted */
};

/* A loaded device that cannot be read: its pinned state is incomplete or has another ABI. */
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
 * together; no lock is needed. Images, which are 2 MB and immutable, are shared with the earlier
 * snapshot, which may be NULL and may be freed before this one. -ENOENT without error filled in:
 * that device is not loaded. The caller owns *ret_snapshot (snapshot_free).
 */
int snapshot_read(const struct datapath *datapath, uint32_t ifindex, const struct snapshot *earlier,
		  struct snapshot *ret_snapshot, struct error *error);
void snapshot_free(struct snapshot *snapshot);
#define _cleanup_snapshot_ __attribute__((cleanup(snapshot_free)))

/* The sum of all rows: those of the policy, of reasons, and of ended ranges. */
struct portsieve_counter snapshot_sum(const struct snapshot_device *device);

/* Subtracts the counts before the reset from rows and `retired`. Returns false if out of memory. */
bool snapshot_since_reset(struct snapshot_device *device);

/* Had the rule ended when the device was read? Only runtime rules end. */
bool snapshot_rule_ended(const struct snapshot_device *device, const struct portsieve_rule *rule);

/* The same for the rule of a range, if it has one. */
bool snapshot_range_ended(const struct snapshot_device *device, uint32_t range_id);

/* Why a device may not learn the flows that its policy needs. */
enum snapshot_degraded {
	SNAPSHOT_NOT_DEGRADED,
	SNAPSHOT_EGRESS_LOST,	/* its egress program is no longer attached */
	SNAPSHOT_EGRESS_BEFORE, /* a program before it may divert packets */
	SNAPSHOT_EGRESS_AFTER,	/* a program after it may drop or change packets */
};

enum snapshot_degraded snapshot_degraded(const struct snapshot_device *device);

/* Was the last change not confirmed in time, so that the policy before it is in force? */
bool snapshot_fell_back(const struct snapshot_device *device);

/* Seconds that were left to confirm the policy, rounded up; 0: no change was pending. */
uint64_t snapshot_seconds_left(const struct snapshot_device *device);

#endif

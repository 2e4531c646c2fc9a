/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads devices into struct snapshot. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/cleanup.h"
#include "compile/counter_ids.h"
#include "datapath/counter_sum.h"
#include "datapath/baseline.h"
#include "datapath/counters.h"
#include "datapath/attachment.h"
#include "datapath/hook.h"
#include "datapath/reset.h"
#include "datapath/snapshot.h"

enum { TRIES = 100 }; /* as writers may apply in between */

static void free_device(struct snapshot_device *device)
{
	if (!device->image_users || !--*device->image_users) {
		free(device->image);
		free(device->image_users);
	}
	free(device->rows);
	free(device->reset);
}

#define _cleanup_device_ __attribute__((cleanup(free_device)))

void snapshot_free(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		free_device(&snapshot->devices[i]);
	free(snapshot->devices);
	free(snapshot->unreadable);
	*snapshot = (struct snapshot){ 0 };
}

/* -EAGAIN: the policy changed after it was read. */
static int read_rows(const struct attachment *attachment, struct snapshot_device *device,
		     struct error *error)
{
	_cleanup_free_ bool *used = calloc(PORTSIEVE_COUNTERS, sizeof(*used));
	static const struct timespec pause = { .tv_nsec = 20000000 };
	bool still = false;
	uint32_t rows;
	int r;

	device->rows = malloc(device->image->counters * sizeof(*device->rows));
	if (!device->rows || !used)
		return error_no_memory(error);
	r = rows_count(attachment->counters_fd, &rows, error);
	if (r)
		return r;
	if (rows < device->image->counters) /* larger ones have just replaced them */
		return -EAGAIN;
	r = counters_read(attachment->counters_fd, device->rows, 0, device->image->counters, error);
	if (r)
		return r;
	r = counters_still(attachment->counters_fd, device->rows, &still, error);
	if (r)
		return r;
	if (!still || !hook_is_current(attachment->ifindex, &attachment->hook) ||
	    !attachment_is_settled(attachment))
		return -EAGAIN;
	r = baseline_add(attachment, device->rows, device->image->counters, error);
	if (r == -EAGAIN)
		nanosleep(&pause, NULL); /* an upgrade is about to complete the baseline */
	if (r)
		return r;
	/* Ended ranges: the retired row, and the rows of the pool that the image does not use. */
	counter_ids_used(device->image, used);
	device->retired = device->rows[PORTSIEVE_COUNTER_RETIRED];
	for (uint32_t id = PORTSIEVE_COUNTER_POOL; id < device->image->counters; id++)
		if (!used[id])
			counter_add(&device->retired, &device->rows[id]);
	return 0;
}

/* Takes the image from the earlier snapshot, which may be NULL, or reads it. */
static int take_image(const struct attachment *attachment, const struct snapshot *earlier,
		      struct snapshot_device *device, struct error *error)
{
	/* After a rollback, image->counters comes from another image. */
	bool may_share = attachment->in_force == PORTSIEVE_SLOT_NOW;

	device->device.image_id = attachment_policy(attachment)->id;
	for (size_t i = 0; earlier && may_share && i < earlier->count; i++) {
		const struct snapshot_device *before = &earlier->devices[i];

		if (before->image_users && before->device.image_id == device->device.image_id) {
			device->image = before->image;
			device->image_users = before->image_users;
			++*device->image_users;
			return 0;
		}
	}
	device->image_users = may_share ? malloc(sizeof(*device->image_users)) : NULL;
	if (may_share && !device->image_users)
		return error_no_memory(error);
	if (may_share)
		*device->image_users = 1;
	return attachment_image(attachment, &device->image, error);
}

static int read_once(const struct datapath *datapath, const struct datapath_device *found,
		     const struct snapshot *earlier, struct snapshot_device *ret_device,
		     struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_device_ struct snapshot_device device = { .device = *found };
	uint32_t ifindex = found->ifindex;
	int r = attachment_open(datapath, ifindex, &attachment, error);
	if (r)
		return r == -ENOLINK ? -ENOENT : r;
	if (attachment.hook.program_id != device.device.program_id)
		return -EAGAIN;
	r = take_image(&attachment, earlier, &device, error);
	if (r)
		return r;
	r = read_rows(&attachment, &device, error);
	if (r)
		return r;
	r = reset_read(datapath, &device, error);
	if (r)
		return r;
	if (device.device.egress_id && !device.device.moved)
		egress_order_read(ifindex, device.device.egress_id, &device.egress);
	device.read_ns = boottime_ns();
	*ret_device = device;
	device = (struct snapshot_device){ 0 };
	return 0;
}

static int read_device(const struct datapath *datapath, const struct datapath_device *found,
		       const struct snapshot *earlier, struct snapshot_device *ret_device,
		       struct error *error)
{
	struct datapath_device device = *found;
	int r = datapath_refuse_broken(&device, error);

	if (!r)
		r = read_once(datapath, &device, earlier, ret_device, error);
	for (int tries = 1; r == -EAGAIN && tries < TRIES; tries++) {
		r = datapath_device(datapath, device.ifindex, &device, error);
		if (!r)
			r = datapath_refuse_broken(&device, error);
		if (!r)
			r = read_once(datapath, &device, earlier, ret_device, error);
	}
	if (r == -EAGAIN)
		return error_set(error, EAGAIN, EXIT_FAILED,
				 "the policy changes faster than it can be read; try again");
	return r;
}

/* One device that cannot be read must not hide the others. */
static int add_device(const struct datapath *datapath, const struct datapath_device *device,
		      const struct snapshot *earlier, struct snapshot *snapshot,
		      struct error *error)
{
	struct snapshot_unreadable *unreadable = &snapshot->unreadable[snapshot->unreadable_count];
	struct error why = { 0 };
	int r = read_device(datapath, device, earlier, &snapshot->devices[snapshot->count], &why);

	if (!r) {
		snapshot->count++;
	} else if (r == -EUCLEAN || r == -EPROTO) {
		unreadable->device = *device;
		unreadable->error = why;
		snapshot->unreadable_count++;
	} else if (r != -ENOENT) { /* unloaded in the meantime */
		*error = why;
		return r;
	}
	return 0;
}

/* Finds one device or all. For one, does not look at the others, which may be many. */
static int find_devices(const struct datapath *datapath, uint32_t ifindex,
			struct datapath_device **ret_devices, size_t *ret_count,
			struct error *error)
{
	_cleanup_free_ struct datapath_device *device = NULL;
	int r;

	if (!ifindex)
		return datapath_devices(datapath, ret_devices, ret_count, error);
	device = calloc(1, sizeof(*device));
	if (!device)
		return error_no_memory(error);
	r = datapath_device(datapath, ifindex, device, error);
	if (r)
		return r;
	*ret_devices = TAKE_PTR(device);
	*ret_count = 1;
	return 0;
}

int snapshot_read(const struct datapath *datapath, uint32_t ifindex, const struct snapshot *earlier,
		  struct snapshot *ret_snapshot, struct error *error)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	_cleanup_free_ struct datapath_device *devices = NULL;
	size_t count = 0;
	int r = find_devices(datapath, ifindex, &devices, &count, error);

	if (r)
		return r;
	snapshot.devices = calloc(count + 1, sizeof(*snapshot.devices));
	snapshot.unreadable = calloc(count + 1, sizeof(*snapshot.unreadable));
	if (!snapshot.devices || !snapshot.unreadable)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++) {
		r = add_device(datapath, &devices[i], earlier, &snapshot, error);
		if (r)
			return r;
	}
	if (ifindex && !snapshot.count && !snapshot.unreadable_count)
		return -ENOENT;
	*ret_snapshot = snapshot;
	snapshot = (struct snapshot){ 0 };
	return 0;
}

struct portsieve_counter snapshot_sum(const struct snapshot_device *device)
{
	struct portsieve_counter sum = { 0 };

	for (uint32_t id = 0; id < device->image->counters; id++)
		if (id != PORTSIEVE_COUNTER_GENERATION)
			counter_add(&sum, &device->rows[id]);
	return sum;
}

bool snapshot_rule_ended(const struct snapshot_device *device, const struct portsieve_rule *rule)
{
	return has_ended(rule->until_ns, device->read_ns);
}

bool snapshot_range_ended(const struct snapshot_device *device, uint32_t range_id)
{
	const struct portsieve_image *image = device->image;

	return range_id >= PORTSIEVE_RANGE_RULES &&
	       snapshot_rule_ended(device, &image->rule[image->range[range_id].rule]);
}

enum snapshot_degraded snapshot_degraded(const struct snapshot_device *device)
{
	if (!(device->image->flags & PORTSIEVE_IMAGE_RETURN_FLOW))
		return SNAPSHOT_NOT_DEGRADED;
	if (!device->device.egress_id)
		return SNAPSHOT_EGRESS_LOST;
	if (device->egress.before_count)
		return SNAPSHOT_EGRESS_BEFORE;
	return device->egress.after_count ? SNAPSHOT_EGRESS_AFTER : SNAPSHOT_NOT_DEGRADED;
}

uint64_t snapshot_seconds_left(const struct snapshot_device *device)
{
	return seconds_until(device->image->confirm_until_ns, device->read_ns);
}

bool snapshot_fell_back(const struct snapshot_device *device)
{
	return device->device.fallen_back || device->image->flags & PORTSIEVE_IMAGE_FELL_BACK;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making, filling and settling baselines. Their row GENERATION counts nothing: its passed packets
 * hold the time until which the baseline is provisional (0: final), its dropped packets the id of
 * the former counters that it includes.
 */
#include "datapath/baseline.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "compile/counter_ids.h"
#include "datapath/counter_sum.h"
#include "datapath/counters.h"
#include "datapath/handover.h"
#include "datapath/old_layout.h"
#include "datapath/pins.h"
#include "datapath/view.h"

/* The longest time between the two fillings. A killed upgrade leaves the first one. */
#define PROVISIONAL_NS (UINT64_C(1) * SECOND_NS)

static int make(uint32_t rows)
{
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "baseline", sizeof(__u32),
			      sizeof(struct portsieve_counter), rows, NULL);
}

int baseline_make(const struct portsieve_image *image, struct error *error)
{
	int fd = make(image->counters);

	return fd < 0 ? bpf_error(error, errno, "make the map of the old counters") : fd;
}

/* Writes row GENERATION last: until then the baseline stays provisional. */
static int write_rows(int baseline_fd, const struct portsieve_counter *rows, uint32_t count,
		      struct error *error)
{
	const uint32_t about_id = PORTSIEVE_COUNTER_GENERATION;

	for (uint32_t id = 0; id < count; id++)
		if (id != about_id && bpf_map_update_elem(baseline_fd, &id, &rows[id], BPF_ANY))
			return bpf_error(error, errno, "keep the old counters");
	if (bpf_map_update_elem(baseline_fd, &about_id, &rows[about_id], BPF_ANY))
		return bpf_error(error, errno, "keep the old counters");
	return 0;
}

/*
 * Adds the old rows of ranges to their rows in `image`, which is compiled from the same policy but
 * has other ids.
 */
static int add_ranges(const struct baseline_source *source, const struct portsieve_counter *old,
		      const struct portsieve_image *image, struct portsieve_counter *rows)
{
	_cleanup_free_ struct portsieve_image *same = malloc(sizeof(*same));
	_cleanup_free_ bool *used = calloc(PORTSIEVE_COUNTERS, sizeof(*used));
	_cleanup_free_ bool *taken = calloc(PORTSIEVE_COUNTERS, sizeof(*taken));

	if (!same || !used || !taken)
		return -ENOMEM;
	/* its counter ids become the old ones where a range is the same */
	memcpy(same, image, sizeof(*same));
	if (counter_ids_assign(same, source->image))
		return -ENOMEM;
	counter_ids_used(source->image, used);
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
		uint32_t row = same->counter[id];

		if (!used[row] || row >= source->counters)
			continue;
		counter_add(&rows[image->counter[id]], &old[row]);
		taken[row] = true;
	}
	for (uint32_t row = PORTSIEVE_COUNTER_POOL; row < source->counters; row++)
		if (!taken[row])
			counter_add(&rows[PORTSIEVE_COUNTER_RETIRED], &old[row]);
	return 0;
}

int baseline_fill(int baseline_fd, const struct baseline_source *source,
		  const struct portsieve_image *image, bool provisional, struct error *error)
{
	_cleanup_free_ struct portsieve_counter *old = calloc(source->counters, sizeof(*old));
	_cleanup_free_ struct portsieve_counter *rows = calloc(image->counters, sizeof(*rows));
	uint64_t until_ns = provisional ? boottime_ns() + PROVISIONAL_NS : 0;
	int r;

	if (!old || !rows)
		return error_no_memory(error);
	r = old_counters_read(source->counters_fd, source->image->flags & PORTSIEVE_IMAGE_MONITOR,
			      old, source->counters, error);
	if (r)
		return r;
	memcpy(rows, old, PORTSIEVE_COUNTER_POOL * sizeof(*rows));
	if (add_ranges(source, old, image, rows))
		return error_no_memory(error);
	rows[PORTSIEVE_COUNTER_GENERATION] = (struct portsieve_counter){
		.verdict[PORTSIEVE_PASSED].packets = until_ns,
	};
	return write_rows(baseline_fd, rows, image->counters, error);
}

/* Reads the rows of a baseline, at least `count` of them; zeros if baseline_fd is -1. */
static int rows_read(int baseline_fd, uint32_t count, struct portsieve_counter **ret_rows,
		     uint32_t *ret_count, struct error *error)
{
	_cleanup_free_ struct portsieve_counter *rows = NULL;
	uint32_t there = 0;
	int r = baseline_fd < 0 ? 0 : rows_count(baseline_fd, &there, error);

	if (r)
		return r;
	if (count < there)
		count = there;
	rows = calloc(count, sizeof(*rows));
	if (!rows)
		return error_no_memory(error);
	r = there ? sums_read(baseline_fd, rows, there, error) : 0;
	if (r)
		return r;
	*ret_rows = TAKE_PTR(rows);
	*ret_count = count;
	return 0;
}

/* Adds the former counters to rows 0..count-1, as far as they have these rows. */
static int add_former(int former_fd, struct portsieve_counter *rows, uint32_t count,
		      struct error *error)
{
	_cleanup_free_ struct portsieve_counter *former = NULL;
	uint32_t there;
	int r = rows_count(former_fd, &there, error);

	if (r)
		return r;
	if (count > there)
		count = there;
	former = calloc(count, sizeof(*former));
	if (!former)
		return error_no_memory(error);
	r = counters_read(former_fd, former, 0, count, error);
	for (uint32_t id = 0; !r && id < count; id++)
		if (id != PORTSIEVE_COUNTER_GENERATION)
			counter_add(&rows[id], &former[id]);
	return r;
}

int baseline_add(const struct attachment *attachment, struct portsieve_counter *rows,
		 uint32_t count, struct error *error)
{
	_cleanup_free_ struct portsieve_counter *kept = NULL;
	const struct portsieve_counter *about;
	uint64_t until_ns;
	uint32_t there;
	int r;

	if (attachment->former_fd < 0 && attachment->baseline_fd < 0)
		return 0;
	r = rows_read(attachment->baseline_fd, PORTSIEVE_COUNTER_POOL, &kept, &there, error);
	if (r)
		return r;
	about = &kept[PORTSIEVE_COUNTER_GENERATION];
	until_ns = about->verdict[PORTSIEVE_PASSED].packets;
	for (uint32_t id = 0; id < count && id < there; id++)
		if (id != PORTSIEVE_COUNTER_GENERATION)
			counter_add(&rows[id], &kept[id]);
	if (attachment->former_fd >= 0 &&
	    !map_has_id(attachment->former_fd, about->verdict[PORTSIEVE_DROPPED].packets)) {
		r = add_former(attachment->former_fd, rows, count, error);
		if (r)
			return r;
	}
	return until_ns && !has_ended(until_ns, boottime_ns()) ? -EAGAIN : 0;
}

/* Replaces the attachment's baseline atomically by a new one with these rows. */
static int replace(const struct datapath *datapath, struct attachment *attachment,
		   const struct portsieve_counter *rows, uint32_t count, struct error *error)
{
	_cleanup_close_ int fd = make(count);
	int r;

	if (fd < 0)
		return bpf_error(error, errno, "make the map of the kept counters");
	r = write_rows(fd, rows, count, error);
	if (r)
		return r;
	r = pin_replace(datapath, attachment->ifindex, "baseline", attachment->counters_id, fd);
	if (r)
		return bpf_error(error, -r, "pin the kept counters");
	cleanup_close(&attachment->baseline_fd);
	attachment->baseline_fd = TAKE_FD(fd);
	return 0;
}

int baseline_settle(const struct datapath *datapath, struct attachment *attachment,
		    struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	_cleanup_free_ struct portsieve_counter *rows = NULL;
	uint32_t count, former_id;
	__u64 *included_id;
	int r;

	if (attachment->former_fd < 0)
		return 0;
	if (attachment->hook.attach == DATAPATH_DISPATCHER) {
		r = handover_settle(datapath, attachment, error);
		if (r)
			return r;
	}
	/* an update of the slot ends in an RCU grace period: no packet runs the former program */
	r = image_commit(attachment->active_fd, &attachment->slots[PORTSIEVE_SLOT_NOW], error);
	if (!r)
		r = attachment_image(attachment, &image, error);
	if (!r)
		r = rows_read(attachment->baseline_fd, image->counters, &rows, &count, error);
	if (r)
		return r;
	if (map_id(attachment->former_fd, &former_id))
		return bpf_error(error, errno, "read the id of the counters");
	included_id = &rows[PORTSIEVE_COUNTER_GENERATION].verdict[PORTSIEVE_DROPPED].packets;
	if (*included_id != former_id) {
		r = add_former(attachment->former_fd, rows, count, error);
		*included_id = former_id;
		if (!r)
			r = replace(datapath, attachment, rows, count, error);
		if (r)
			return r;
	}
	cleanup_close(&attachment->former_fd);
	attachment->former_fd = -1;
	view_put_attachment(datapath, attachment);
	return 0;
}

int baseline_retire(const struct datapath *datapath, struct attachment *attachment,
		    const struct portsieve_image *image, const struct portsieve_image *previous,
		    struct error *error)
{
	_cleanup_free_ bool *added = calloc(PORTSIEVE_COUNTERS, sizeof(*added));
	_cleanup_free_ struct portsieve_counter *rows = NULL;
	bool any = false;
	uint32_t count;
	int r = baseline_settle(datapath, attachment, error);

	if (r || attachment->baseline_fd < 0)
		return r;
	if (!added)
		return error_no_memory(error);
	r = rows_read(attachment->baseline_fd, PORTSIEVE_COUNTER_POOL, &rows, &count, error);
	if (r)
		return r;
	counter_ids_added(image, previous, added);
	for (uint32_t id = PORTSIEVE_COUNTER_POOL; id < count; id++) {
		if (!added[id] || counter_is_zero(&rows[id]))
			continue;
		counter_add(&rows[PORTSIEVE_COUNTER_RETIRED], &rows[id]);
		rows[id] = (struct portsieve_counter){ 0 };
		any = true;
	}
	if (any)
		r = replace(datapath, attachment, rows, count, error);
	if (!r)
		view_put_attachment(datapath, attachment); /* in case a writer was killed */
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading recorded packets. A reader reads the head of each CPU, copies the slots since its own
 * position, and reads the head again: slots that may have been overwritten in between are lost.
 */
#include "datapath/events.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "datapath/attachment.h"
#include "datapath/device_names.h"

enum { IMAGES = 4 }; /* policies that are kept, to name their decisions */

struct kept_image {
	uint32_t id; /* of the image's map */
	struct portsieve_image *image;
};

struct events {
	struct datapath datapath;
	struct datapath_device device;
	int cpus;
	uint32_t slots_id; /* of the map being read; 0: none yet */
	int fds[EVENT_MAPS];
	uint64_t *positions;	      /* by CPU: number of the last event read */
	uint64_t *suppressed;	      /* by CPU: the count at the beginning */
	struct event *list;	      /* room for all slots of all CPUs */
	struct portsieve_event *copy; /* of one CPU's slots */
	uint32_t *keys;
	struct portsieve_event_head *heads;
	struct portsieve_event_control *control; /* mapped; NULL: not permitted, or not yet */
	int filter;				 /* its index in control; -1: none */
	bool from_oldest;	  /* start the next reading at the oldest kept event */
	uint64_t since_ns;	  /* when recording began, or the last reading */
	uint64_t began_offset_ns; /* clock offset when recording began */
	uint64_t lost;
	struct kept_image images[IMAGES];
	size_t next_image;    /* the one to replace next */
	uint32_t in_force_id; /* of the image in force */
};

static void release_filter(struct events *events)
{
	if (events->control && events->filter >= 0) {
		__atomic_and_fetch(&events->control->active, ~(1u << events->filter),
				   __ATOMIC_RELEASE);
		__atomic_store_n(&events->control->owner[events->filter], 0, __ATOMIC_RELEASE);
	}
	events->filter = -1;
	if (events->control)
		munmap(events->control, sizeof(*events->control));
	events->control = NULL;
}

void events_close(struct events *events)
{
	if (!events)
		return;
	release_filter(events);
	for (int map = 0; map < EVENT_MAPS; map++)
		cleanup_close(&events->fds[map]);
	for (int i = 0; i < IMAGES; i++)
		free(events->images[i].image);
	free(events->positions);
	free(events->suppressed);
	free(events->list);
	free(events->copy);
	free(events->keys);
	free(events->heads);
	free(events);
}

static int read_heads(struct events *events)
{
	uint32_t zero = 0;

	return bpf_map_lookup_elem(events->fds[EVENT_HEADS], &zero, events->heads) ? -errno : 0;
}

/* Takes over the maps of the device. An upgrade may replace them by others. */
static int take_maps(struct events *events, struct attachment *attachment, bool from_oldest)
{
	struct portsieve_event_control control;
	uint32_t zero = 0;
	int r;

	release_filter(events);
	for (int map = 0; map < EVENT_MAPS; map++) {
		cleanup_close(&events->fds[map]);
		events->fds[map] = TAKE_FD(attachment->event_fds[map]);
	}
	events->slots_id = attachment->event_ids[EVENT_SLOTS];
	if (bpf_map_lookup_elem(events->fds[EVENT_CONTROL], &zero, &control))
		return -errno;
	events->from_oldest = from_oldest;
	events->since_ns = from_oldest ? control.since_ns : boottime_ns();
	events->began_offset_ns = control.real_offset_ns;
	r = read_heads(events);
	for (int cpu = 0; !r && cpu < events->cpus; cpu++) {
		uint64_t number = events->heads[cpu].number;

		events->positions[cpu] = number;
		if (from_oldest)
			events->positions[cpu] =
				number > PORTSIEVE_EVENT_SLOTS ? number - PORTSIEVE_EVENT_SLOTS : 0;
		events->suppressed[cpu] = events->heads[cpu].suppressed;
	}
	return r;
}

static const struct kept_image *find_image(const struct events *events, uint32_t id)
{
	for (int i = 0; i < IMAGES; i++)
		if (events->images[i].image && events->images[i].id == id)
			return &events->images[i];
	return NULL;
}

/* Keeps the images in the device's slots. */
static void keep_images(struct events *events, const struct attachment *attachment)
{
	events->in_force_id = attachment_policy(attachment)->id;
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++) {
		const struct policy_maps *maps = &attachment->slots[slot];
		struct kept_image *place = &events->images[events->next_image];
		struct portsieve_image *image;

		if (!maps->id || find_image(events, maps->id) ||
		    image_read(maps->image_fd, &image, NULL))
			continue;
		free(place->image);
		*place = (struct kept_image){ maps->id, image };
		events->next_image = (events->next_image + 1) % IMAGES;
	}
}

int datapath_refuse_unrecorded(const struct datapath_device *devices, size_t count,
			       struct error *error)
{
	return error_set(error, ENODATA, EXIT_FAILED,
			 "%s record%s no packets; to begin: portsieve upgrade %s --events=dropped",
			 device_names(devices, count).text, count == 1 ? "s" : "",
			 count == 1 ? device_name(devices).text : "--all");
}

static int follow(struct events *events, bool from_oldest, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	int r = attachment_require(&events->datapath, events->device.ifindex, &attachment, error);

	if (r)
		return r;
	if (attachment.events == DATAPATH_EVENTS_OFF)
		return datapath_refuse_unrecorded(&events->device, 1, error);
	keep_images(events, &attachment);
	if (attachment.event_ids[EVENT_SLOTS] == events->slots_id)
		return 0;
	r = take_maps(events, &attachment, from_oldest || events->slots_id);
	return r ? bpf_error(error, -r, "read the recorded packets") : 0;
}

int events_open(const struct datapath *datapath, const struct datapath_device *device,
		bool from_oldest, struct events **ret_events, struct error *error)
{
	_cleanup_events_ struct events *events = calloc(1, sizeof(*events));
	int cpus = libbpf_num_possible_cpus(), r;

	if (!events)
		return error_no_memory(error);
	*events = (struct events){
		.datapath = *datapath,
		.device = *device,
		.cpus = cpus > 0 ? cpus : 1,
		.fds = { -1, -1, -1 },
		.filter = -1,
	};
	events->datapath.lock_fd = -1; /* the caller's */
	events->positions = calloc(events->cpus, sizeof(*events->positions));
	events->suppressed = calloc(events->cpus, sizeof(*events->suppressed));
	events->heads = calloc(events->cpus, sizeof(*events->heads));
	events->list = calloc((size_t)events->cpus * PORTSIEVE_EVENT_SLOTS, sizeof(*events->list));
	events->copy = calloc(PORTSIEVE_EVENT_SLOTS, sizeof(*events->copy));
	events->keys = calloc(PORTSIEVE_EVENT_SLOTS, sizeof(*events->keys));
	if (!events->positions || !events->suppressed || !events->heads || !events->list ||
	    !events->copy || !events->keys)
		return error_no_memory(error);
	r = follow(events, from_oldest, error);
	if (r)
		return r;
	*ret_events = TAKE_PTR(events);
	return 0;
}

/* Copies `count` slots from `first` on into `copy`; one by one on kernels without batches. */
static int copy_slots(struct events *events, uint32_t first, uint32_t count,
		      struct portsieve_event *copy)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	uint32_t position = first - 1, next;
	__u32 batch = count;
	int fd = events->fds[EVENT_SLOTS];

	if ((!bpf_map_lookup_batch(fd, first ? &position : NULL, &next, events->keys, copy, &batch,
				   &options) ||
	     errno == ENOENT) &&
	    batch == count)
		return 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = first + i;

		if (bpf_map_lookup_elem(fd, &slot, &copy[i]))
			return -errno;
	}
	return 0;
}

/* Copies the events from..to of a CPU, at most all slots, in order. */
static int copy_events(struct events *events, int cpu, uint64_t from, uint64_t to)
{
	uint32_t first = from % PORTSIEVE_EVENT_SLOTS, count = (uint32_t)(to - from + 1);
	uint32_t whole =
		PORTSIEVE_EVENT_SLOTS - first < count ? PORTSIEVE_EVENT_SLOTS - first : count;
	uint32_t base = (uint32_t)cpu * PORTSIEVE_EVENT_SLOTS;
	int r = copy_slots(events, base + first, whole, events->copy);

	return r || whole == count ? r
				   : copy_slots(events, base, count - whole, events->copy + whole);
}

static const struct portsieve_image *image_of(const struct events *events, uint64_t applied_ns)
{
	for (int i = 0; i < IMAGES; i++)
		if (events->images[i].image && events->images[i].image->applied_ns == applied_ns)
			return events->images[i].image;
	return NULL;
}

const struct portsieve_image *events_image(const struct events *events)
{
	const struct kept_image *kept = find_image(events, events->in_force_id);

	return kept ? kept->image : NULL;
}

/*
 * CLOCK_REALTIME minus CLOCK_BOOTTIME. The value from when recording began, so that all viewers
 * show the same time for a packet, unless the clock has been set since.
 */
static uint64_t real_offset_ns(const struct events *events)
{
	enum { SET_NS = 10000000 };
	uint64_t offset_ns = clock_real_offset_ns(), began_ns = events->began_offset_ns;
	uint64_t change_ns = offset_ns > began_ns ? offset_ns - began_ns : began_ns - offset_ns;

	return change_ns < SET_NS ? began_ns : offset_ns;
}

/* Makes the events read stand for the lost ones of the sample, too. */
static void stand_for_lost(struct event *list, size_t count, uint64_t lost)
{
	for (size_t i = 0; lost && i < count; i++)
		list[i].packets *= (double)(lost + count) / (double)count;
}

/*
 * Reads what a CPU has recorded since the last time and adds it to events->list from *count on.
 * Advances *since_ns to the time from which on the list is complete.
 */
static int read_cpu(struct events *events, int cpu, size_t *count, uint64_t *since_ns)
{
	uint64_t from = events->positions[cpu] + 1, to = events->heads[cpu].number;
	uint64_t offset_ns = real_offset_ns(events), lost = 0;
	struct event *list = events->list + *count;
	bool has_gap = from > 1; /* with from_oldest: earlier ones were overwritten */
	size_t read = 0;
	int r;

	if (to < from)
		return 0;
	if (to - from >= PORTSIEVE_EVENT_SLOTS) {
		lost = to - from + 1 - PORTSIEVE_EVENT_SLOTS;
		from = to - PORTSIEVE_EVENT_SLOTS + 1;
	}
	r = copy_events(events, cpu, from, to);
	if (!r)
		r = read_heads(events);
	if (r)
		return r;
	for (uint64_t number = from; number <= to; number++) {
		const struct portsieve_event *record = &events->copy[number - from];
		bool is_overwritten = events->heads[cpu].number >= number + PORTSIEVE_EVENT_SLOTS;

		if (!is_overwritten && record->ending != number) {
			to = number - 1; /* still being written */
			break;
		}
		if (is_overwritten || record->beginning != number) {
			lost++;
			continue;
		}
		list[read++] = (struct event){
			.record = *record,
			.real_ns = record->time_ns + offset_ns,
			.packets = record->weight,
		};
	}
	if (!events->from_oldest) {
		stand_for_lost(list, read, lost);
		events->lost += lost;
	} else if (read && (has_gap || lost) && list[0].record.time_ns > *since_ns) {
		*since_ns = list[0].record.time_ns;
	}
	*count += read;
	events->positions[cpu] = to;
	return 0;
}

static int compare_events(const void *one, const void *other)
{
	const struct event *a = one, *b = other;

	if (a->record.time_ns != b->record.time_ns)
		return a->record.time_ns < b->record.time_ns ? -1 : 1;
	return 0;
}

/*
 * Sets the image that decided each event. It may have come into force after the images were read.
 */
static void find_images(struct events *events, size_t count)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	bool all = true;

	for (size_t i = 0; i < count && all; i++)
		all = image_of(events, events->list[i].record.applied_ns);
	if (!all && !attachment_open(&events->datapath, events->device.ifindex, &attachment, NULL))
		keep_images(events, &attachment);
	for (size_t i = 0; i < count; i++)
		events->list[i].image = image_of(events, events->list[i].record.applied_ns);
}

int events_read(struct events *events, struct events_batch *ret_batch, struct error *error)
{
	uint64_t suppressed = 0, since_ns, until_ns;
	size_t count = 0;
	int r = follow(events, true, error);

	if (r)
		return r;
	since_ns = events->since_ns;
	until_ns = boottime_ns();
	r = read_heads(events);
	for (int cpu = 0; !r && cpu < events->cpus; cpu++) {
		suppressed += events->heads[cpu].suppressed - events->suppressed[cpu];
		r = read_cpu(events, cpu, &count, &since_ns);
	}
	if (r)
		return bpf_error(error, -r, "read the recorded packets");
	find_images(events, count);
	if (count)
		qsort(events->list, count, sizeof(*events->list), compare_events);
	events->since_ns = until_ns;
	events->from_oldest = false;
	*ret_batch = (struct events_batch){
		.list = events->list,
		.count = count,
		.since_ns = since_ns,
		.until_ns = until_ns,
		.real_offset_ns = real_offset_ns(events),
		.lost = events->lost,
		.suppressed = suppressed,
	};
	return 0;
}

/* Claims a filter that is free or whose viewer is gone. Returns its index, or -1. */
static int claim_filter(struct portsieve_event_control *control)
{
	uint64_t now_ns = boottime_ns();

	for (int i = 0; i < PORTSIEVE_EVENT_FILTERS; i++) {
		uint32_t owner = __atomic_load_n(&control->owner[i], __ATOMIC_ACQUIRE);

		if (owner && control->filter[i].until_ns > now_ns)
			continue;
		if (__atomic_compare_exchange_n(&control->owner[i], &owner, (uint32_t)getpid(),
						false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return i;
	}
	return -1;
}

bool events_filter(struct events *events, const struct portsieve_event_filter *filter)
{
	struct portsieve_event_control *control = events->control;
	struct portsieve_event_filter renewed = *filter;

	if (!control) {
		void *mapped = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED,
				    events->fds[EVENT_CONTROL], 0);

		if (mapped == MAP_FAILED)
			return false;
		control = mapped;
		events->control = control;
	}
	if (events->filter >= 0 && __atomic_load_n(&control->owner[events->filter],
						   __ATOMIC_ACQUIRE) != (uint32_t)getpid())
		events->filter = -1; /* not renewed in time */
	if (events->filter < 0)
		events->filter = claim_filter(control);
	if (events->filter < 0)
		return false;
	renewed.until_ns = boottime_ns() + EVENTS_FILTER_SECONDS * SECOND_NS;
	memcpy(&control->filter[events->filter], &renewed, sizeof(renewed));
	__atomic_or_fetch(&control->active, 1u << events->filter, __ATOMIC_RELEASE);
	return true;
}

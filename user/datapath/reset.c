/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving the counts at a reset, reading and subtracting them. */
#include "datapath/reset.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/counter_ids.h"
#include "datapath/counter_sum.h"
#include "datapath/pins.h"

static const char pin[] = "reset";

enum reset_kind {
	RESET_TIME, /* packets passed: CLOCK_REALTIME of the reset, in nanoseconds */
	RESET_RETIRED,
	RESET_REASON,
	RESET_RANGE,
};

struct reset_key {
	uint32_t kind;
	uint16_t low; /* or the number of a reason */
	uint16_t high;
	uint8_t transport;
	char rule[PORTSIEVE_RULE_NAME_MAX + 1]; /* "": a built-in range */
};

/* Returns a descriptor, or -errno: nothing is saved, or with another layout. */
static int open_map(const struct datapath *datapath, uint32_t ifindex, uint32_t *ret_max_entries)
{
	_cleanup_close_ int fd = pin_open(datapath, ifindex, pin, 0);
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	if (info.type != BPF_MAP_TYPE_HASH || info.key_size != sizeof(struct reset_key) ||
	    info.value_size != sizeof(struct portsieve_counter))
		return -EUCLEAN;
	*ret_max_entries = info.max_entries;
	return TAKE_FD(fd);
}

/* Keys are compared as bytes, so padding must be zero. */
static struct reset_key key_of(enum reset_kind kind, uint16_t number)
{
	struct reset_key key;

	memset(&key, 0, sizeof(key));
	key.kind = kind;
	key.low = number;
	return key;
}

static struct reset_key range_key(const struct portsieve_image *image, uint32_t id)
{
	const struct portsieve_range *range = &image->range[id];
	struct reset_key key = key_of(RESET_RANGE, range->low);

	key.high = range->high;
	key.transport = range->transport;
	if (id >= PORTSIEVE_RANGE_RULES)
		strcpy(key.rule, image->rule[range->rule].name);
	return key;
}

static int put(int fd, struct reset_key key, const struct portsieve_counter *value)
{
	return bpf_map_update_elem(fd, &key, value, BPF_ANY) ? -errno : 0;
}

/* DHCP's range is counted as a reason. */
static bool is_counted_range(uint32_t id)
{
	return id != PORTSIEVE_RANGE_DHCP;
}

static int keep(int fd, const struct snapshot_device *device, uint64_t realtime_ns)
{
	const struct portsieve_image *image = device->image;
	struct portsieve_counter time = { 0 };
	int r = put(fd, key_of(RESET_RETIRED, 0), &device->retired);

	time.verdict[PORTSIEVE_PASSED].packets = realtime_ns;
	r = r ?: put(fd, key_of(RESET_TIME, 0), &time);
	for (uint16_t reason = 0; !r && reason < PORTSIEVE_REASONS; reason++)
		r = put(fd, key_of(RESET_REASON, reason), &device->rows[reason]);
	for (uint32_t id = 0; !r && id < image->ranges; id++)
		if (is_counted_range(id))
			r = put(fd, range_key(image, id), &device->rows[image->counter[id]]);
	return r;
}

int datapath_reset(const struct datapath *datapath, const struct datapath_device *device,
		   uint64_t realtime_ns, struct error *error)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	_cleanup_close_ int fd = -1;
	int r = snapshot_read(datapath, device->ifindex, NULL, &snapshot, error);

	if (!r && snapshot.unreadable_count) {
		*error = snapshot.unreadable[0].error;
		return -EUCLEAN;
	}
	if (r)
		return r;
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, pin, sizeof(struct reset_key),
			    sizeof(struct portsieve_counter),
			    2 + PORTSIEVE_REASONS + snapshot.devices[0].image->ranges, NULL);
	if (fd < 0)
		return bpf_error(error, errno, "make the map of a reset");
	r = keep(fd, &snapshot.devices[0], realtime_ns);
	r = r ?: pin_replace(datapath, device->ifindex, pin, 0, fd);
	return r ? bpf_error(error, -r, "keep the counters of a reset") : 0;
}

static bool fell(const struct portsieve_counter *now, const struct portsieve_counter *before)
{
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++)
		if (now->verdict[verdict].packets < before->verdict[verdict].packets)
			return true;
	return false;
}

/* Zero if nothing is saved, or if the counter has restarted since. Returns -errno. */
static int get(int fd, struct reset_key key, const struct portsieve_counter *now,
	       struct portsieve_counter *ret_before)
{
	if (bpf_map_lookup_elem(fd, &key, ret_before)) {
		memset(ret_before, 0, sizeof(*ret_before));
		return errno == ENOENT ? 0 : -errno;
	}
	if (now && fell(now, ret_before))
		memset(ret_before, 0, sizeof(*ret_before));
	return 0;
}

int reset_read(const struct datapath *datapath, struct snapshot_device *device, struct error *error)
{
	const struct portsieve_image *image = device->image;
	uint32_t max_entries;
	_cleanup_close_ int fd = open_map(datapath, device->device.ifindex, &max_entries);
	struct portsieve_counter time;
	int r;

	if (fd < 0) /* none, or an unprivileged reader */
		return 0;
	device->reset = calloc(image->counters, sizeof(*device->reset));
	if (!device->reset)
		return error_no_memory(error);
	r = get(fd, key_of(RESET_TIME, 0), NULL, &time);
	device->reset_real_ns = time.verdict[PORTSIEVE_PASSED].packets;
	r = r ?: get(fd, key_of(RESET_RETIRED, 0), &device->retired, &device->reset_retired);
	for (uint16_t reason = 0; !r && reason < PORTSIEVE_REASONS; reason++)
		r = get(fd, key_of(RESET_REASON, reason), &device->rows[reason],
			&device->reset[reason]);
	for (uint32_t id = 0; !r && id < image->ranges; id++) {
		uint16_t row = image->counter[id];

		if (is_counted_range(id))
			r = get(fd, range_key(image, id), &device->rows[row], &device->reset[row]);
	}
	return r ? bpf_error(error, -r, "read the counters of a reset") : 0;
}

static void subtract(struct portsieve_counter *now, const struct portsieve_counter *before)
{
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		now->verdict[verdict].packets -= before->verdict[verdict].packets;
		now->verdict[verdict].bytes -= before->verdict[verdict].bytes;
	}
	now->new_connections -= before->new_connections;
}

bool snapshot_since_reset(struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;
	_cleanup_free_ bool *used = calloc(PORTSIEVE_COUNTERS, sizeof(*used));

	if (!device->reset || !used)
		return !device->reset;
	counter_ids_used(image, used);
	for (uint32_t id = 0; id < image->counters; id++) {
		if (id >= PORTSIEVE_COUNTER_POOL && !used[id]) /* counted in `retired` */
			memset(&device->rows[id], 0, sizeof(device->rows[id]));
		else if (id != PORTSIEVE_COUNTER_GENERATION && id != PORTSIEVE_COUNTER_RETIRED)
			subtract(&device->rows[id], &device->reset[id]);
	}
	subtract(&device->retired, &device->reset_retired);
	device->rows[PORTSIEVE_COUNTER_RETIRED] = device->retired;
	device->is_since_reset = true;
	return true;
}

static int compare_keys(const void *one, const void *other)
{
	return memcmp(one, other, sizeof(struct reset_key));
}

/* Reads the keys of the map, sorted. Returns their number, or -errno. */
static int read_keys(int fd, uint32_t max_entries, struct reset_key **ret_keys)
{
	struct reset_key *keys = calloc(max_entries, sizeof(*keys));
	uint32_t count = 0;

	if (!keys)
		return -ENOMEM;
	while (count < max_entries &&
	       !bpf_map_get_next_key(fd, count ? &keys[count - 1] : NULL, &keys[count]))
		count++;
	qsort(keys, count, sizeof(*keys), compare_keys);
	*ret_keys = keys;
	return (int)count;
}

/* Marks the keys of ranges that a policy in one of the slots has. Returns -errno. */
static int mark_kept(const struct attachment *attachment, const struct reset_key *keys, int count,
		     bool *kept)
{
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++) {
		_cleanup_free_ struct portsieve_image *image = NULL;
		int r;

		if (!attachment->slots[slot].id)
			continue;
		r = image_read(attachment->slots[slot].image_fd, &image, NULL);
		if (r)
			return r;
		for (uint32_t id = 0; id < image->ranges; id++) {
			struct reset_key key = range_key(image, id);
			const struct reset_key *found =
				bsearch(&key, keys, count, sizeof(*keys), compare_keys);

			if (found)
				kept[found - keys] = true;
		}
	}
	return 0;
}

void reset_forget(const struct datapath *datapath, const struct attachment *attachment)
{
	uint32_t max_entries;
	_cleanup_close_ int fd = open_map(datapath, attachment->ifindex, &max_entries);
	_cleanup_free_ struct reset_key *keys = NULL;
	_cleanup_free_ bool *kept = NULL;
	struct portsieve_counter retired, value;
	int count = fd < 0 ? 0 : read_keys(fd, max_entries, &keys);

	if (count <= 0)
		return;
	kept = calloc(count, sizeof(*kept));
	if (!kept || mark_kept(attachment, keys, count, kept) ||
	    get(fd, key_of(RESET_RETIRED, 0), NULL, &retired))
		return;
	for (int i = 0; i < count; i++) {
		if (kept[i] || keys[i].kind != RESET_RANGE ||
		    bpf_map_lookup_elem(fd, &keys[i], &value) || bpf_map_delete_elem(fd, &keys[i]))
			continue;
		counter_add(&retired, &value);
		put(fd, key_of(RESET_RETIRED, 0), &retired);
	}
}

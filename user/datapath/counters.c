/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of a per-CPU array is one struct portsieve_counter for each possible CPU, online or not,
 * laid end to end. (The kernel rounds each up to 8 bytes; the size is a multiple of that.)
 */
#include "datapath/counters.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/counter_ids.h"
#include "datapath/counter_sum.h"
#include "datapath/pins.h"

static_assert(sizeof(struct portsieve_counter) % 8 == 0, "the kernel would pad it");

enum { ENOTSUPP_KERNEL = 524 };

/*
 * Reads `count` rows from `first` on, each with `cpus` values: in batches, or one by one on kernels
 * without batches (before 5.13). A batch starts after the row `position`.
 */
static int read_values(int fd, struct portsieve_counter *values, uint32_t *ids, uint32_t first,
		       uint32_t count, int cpus)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	uint32_t position = first - 1, done = 0;

	while (done < count) {
		__u32 batch = count - done;
		int r = bpf_map_lookup_batch(fd, first + done ? &position : NULL, &position,
					     ids + done, values + (size_t)done * cpus, &batch,
					     &options);

		if (r && errno != ENOENT)
			break;
		done += batch;
		if (r || !batch)
			return done < count ? -ENOENT : 0;
	}
	if (!done && count &&
	    (errno == ENOTSUPP_KERNEL || errno == EINVAL || errno == EOPNOTSUPP)) {
		for (uint32_t i = 0; i < count; i++) {
			uint32_t id = first + i;

			if (bpf_map_lookup_elem(fd, &id, values + (size_t)i * cpus))
				return -errno;
		}
		return 0;
	}
	return done < count ? -errno : 0;
}

int counters_read(int counters_fd, struct portsieve_counter *rows, uint32_t first, uint32_t count,
		  struct error *error)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct portsieve_counter *values = NULL;
	_cleanup_free_ uint32_t *ids = NULL;
	int r;

	if (cpus < 0)
		return bpf_error(error, -cpus, "count the CPUs");
	values = malloc((size_t)count * cpus * sizeof(*values));
	ids = malloc(count * sizeof(*ids));
	if (!values || !ids)
		return error_no_memory(error);
	r = read_values(counters_fd, values, ids, first, count, cpus);
	if (r)
		return bpf_error(error, -r, "read the counters");
	for (uint32_t i = 0; i < count; i++) {
		rows[i] = values[(size_t)i * cpus];
		for (int cpu = 1; cpu < cpus; cpu++)
			counter_add(&rows[i], &values[(size_t)i * cpus + cpu]);
	}
	return 0;
}

int sums_read(int sums_fd, struct portsieve_counter *rows, uint32_t count, struct error *error)
{
	_cleanup_free_ uint32_t *ids = calloc(count + 1, sizeof(*ids));
	int r = ids ? read_values(sums_fd, rows, ids, 0, count, 1) : -ENOMEM;

	return r ? bpf_error(error, -r, "read the kept counters") : 0;
}

int rows_count(int map_fd, uint32_t *ret_count, struct error *error)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(map_fd, &info, &length))
		return bpf_error(error, errno, "read the size of the counters");
	*ret_count = info.max_entries;
	return 0;
}

/* Writes `count` rows, each with one value per CPU. */
static int write_per_cpu(int fd, const uint32_t *ids, const struct portsieve_counter *values,
			 uint32_t count, int cpus)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	__u32 batch = count;

	if (!bpf_map_update_batch(fd, ids, values, &batch, &options))
		return 0;
	if (errno != ENOTSUPP_KERNEL && errno != EINVAL && errno != EOPNOTSUPP)
		return -errno;
	for (uint32_t i = 0; i < count; i++)
		if (bpf_map_update_elem(fd, &ids[i], &values[(size_t)i * cpus], BPF_ANY))
			return -errno;
	return 0;
}

/*
 * Zeroes `count` rows, with ids from ids[1] on; ids has room for count + 3. The same batch makes
 * the generation odd first and even last, as a seqlock does: a reader that sees it change reads
 * again. Each row is a sum, written as the value of the first CPU with zeros for the others.
 */
static int zero_rows(int counters_fd, uint32_t *ids, uint32_t count,
		     struct portsieve_counter own[PORTSIEVE_COUNTER_POOL], struct error *error)
{
	int cpus = libbpf_num_possible_cpus();
	struct portsieve_counter *generation = &own[PORTSIEVE_COUNTER_GENERATION];
	_cleanup_free_ struct portsieve_counter *values =
		calloc((size_t)(count + 3) * cpus, sizeof(*values));
	int r;

	if (!values)
		return error_no_memory(error);
	generation->verdict[PORTSIEVE_PASSED].packets |= 1;
	ids[0] = PORTSIEVE_COUNTER_GENERATION;
	values[0] = *generation;
	ids[count + 1] = PORTSIEVE_COUNTER_RETIRED;
	values[(size_t)(count + 1) * cpus] = own[PORTSIEVE_COUNTER_RETIRED];
	generation->verdict[PORTSIEVE_PASSED].packets += 1;
	ids[count + 2] = PORTSIEVE_COUNTER_GENERATION;
	values[(size_t)(count + 2) * cpus] = *generation;
	r = write_per_cpu(counters_fd, ids, values, count + 3, cpus);
	return r ? bpf_error(error, -r, "zero the counters of new ranges") : 0;
}

/* Zeroes the rows of new ranges (`wanted`) and adds their old values to the retired row. */
static int free_rows(int counters_fd, const bool *wanted, uint32_t end, struct error *error)
{
	struct portsieve_counter own[PORTSIEVE_COUNTER_POOL];
	_cleanup_free_ struct portsieve_counter *rows = NULL;
	_cleanup_free_ uint32_t *ids = NULL;
	uint32_t first = PORTSIEVE_COUNTER_POOL, count = 0;
	int r;

	while (first < end && !wanted[first])
		first++;
	while (end > first && !wanted[end - 1])
		end--;
	if (first >= end)
		return 0;
	rows = calloc(end - first, sizeof(*rows));
	ids = calloc(end - first + 3, sizeof(*ids));
	if (!rows || !ids)
		return error_no_memory(error);
	r = counters_read(counters_fd, rows, first, end - first, error);
	if (r)
		return r;
	r = counters_read(counters_fd, own, 0, PORTSIEVE_COUNTER_POOL, error);
	if (r)
		return r;
	for (uint32_t id = first; id < end; id++) {
		if (!wanted[id] || counter_is_zero(&rows[id - first]))
			continue;
		counter_add(&own[PORTSIEVE_COUNTER_RETIRED], &rows[id - first]);
		ids[++count] = id;
	}
	return count ? zero_rows(counters_fd, ids, count, own, error) : 0;
}

int counters_repair(int counters_fd)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct portsieve_counter *values =
		calloc(cpus > 0 ? cpus : 1, sizeof(*values));
	uint32_t id = PORTSIEVE_COUNTER_GENERATION;
	__u64 *generation;

	if (!values)
		return -ENOMEM;
	if (bpf_map_lookup_elem(counters_fd, &id, values))
		return -errno;
	generation = &values[0].verdict[PORTSIEVE_PASSED].packets;
	if (!(*generation & 1))
		return 0;
	*generation += 1;
	return bpf_map_update_elem(counters_fd, &id, values, BPF_ANY) ? -errno : 0;
}

int counters_still(int counters_fd, const struct portsieve_counter *rows, bool *ret_still,
		   struct error *error)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct portsieve_counter *values =
		calloc(cpus > 0 ? cpus : 1, sizeof(*values));
	uint64_t before = rows[PORTSIEVE_COUNTER_GENERATION].verdict[PORTSIEVE_PASSED].packets;
	uint32_t id = PORTSIEVE_COUNTER_GENERATION;

	if (!values)
		return error_no_memory(error);
	if (bpf_map_lookup_elem(counters_fd, &id, values))
		return bpf_error(error, errno, "read the counters");
	*ret_still = !(before & 1) && values[0].verdict[PORTSIEVE_PASSED].packets == before;
	return 0;
}

int counters_prepare(int counters_fd, const struct portsieve_image *image,
		     const struct portsieve_image *previous, struct error *error)
{
	_cleanup_free_ bool *wanted = calloc(PORTSIEVE_COUNTERS, sizeof(*wanted));

	if (!wanted)
		return error_no_memory(error);
	counter_ids_added(image, previous, wanted);
	return free_rows(counters_fd, wanted, image->counters, error);
}

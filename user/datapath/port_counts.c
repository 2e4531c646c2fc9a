/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading packets by port, and sorting ports. */
#include "datapath/port_counts.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "datapath/attachment.h"
#include "datapath/port_cells.h"

enum { TRIES = 100 }; /* reading a block takes microseconds, filling a cell 3 ms */

/* Buffers for one block. */
struct block {
	int cpus;
	struct portsieve_port_sums sums;
	struct portsieve_port_sums sums_before;
	struct portsieve_port_cells cells[]; /* one per possible CPU */
};

static int read_block(const struct attachment *attachment, uint32_t number, struct block *block,
		      __u64 packets[PORTSIEVE_PORT_BLOCK])
{
	int r = -EAGAIN;

	if (bpf_map_lookup_elem(attachment->port_sums_fd, &number, &block->sums))
		return -errno;
	for (int tries = 0; r == -EAGAIN && tries < TRIES; tries++) {
		block->sums_before = block->sums;
		if (bpf_map_lookup_elem(attachment->port_cells_fd, &number, block->cells) ||
		    bpf_map_lookup_elem(attachment->port_sums_fd, &number, &block->sums))
			return -errno;
		r = port_cells_add_up(&block->sums_before, &block->sums, block->cells, block->cpus,
				      packets);
	}
	return r == -EAGAIN ? 0 : r; /* a CPU stopped half way: off by at most 32,768 */
}

static void add_first(uint32_t *first_s, uint32_t stored)
{
	if (stored && (!*first_s || stored - 1 < *first_s))
		*first_s = stored - 1 ? stored - 1 : 1;
}

static int read_all(const struct attachment *attachment, struct port_counts *counts)
{
	uint32_t planes = counts->per_port == DATAPATH_PER_PORT_ALL ? PORTSIEVE_PORT_PLANES_ALL
								    : PORTSIEVE_PORT_PLANES_DROPPED;
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct block *block = NULL;

	if (cpus < 0)
		return cpus;
	block = calloc(1, sizeof(*block) + (size_t)cpus * sizeof(block->cells[0]));
	if (!block)
		return -ENOMEM;
	block->cpus = cpus;
	memset(counts->first_s, 0, sizeof(counts->first_s));
	for (int t = 0; t < PORTSIEVE_PORT_TRANSPORTS; t++)
		memset(counts->packets[t][PORTSIEVE_PASSED], 0, sizeof(counts->packets[t][0]));
	for (uint32_t number = 0; number < planes * PORTSIEVE_PORT_BLOCKS; number++) {
		uint32_t plane = number / PORTSIEVE_PORT_BLOCKS;
		uint32_t first = number % PORTSIEVE_PORT_BLOCKS * PORTSIEVE_PORT_BLOCK;
		uint32_t transport = plane % PORTSIEVE_PORT_TRANSPORTS;
		uint32_t verdict = PORTSIEVE_VERDICTS - 1 - plane / PORTSIEVE_PORT_TRANSPORTS;
		int r = read_block(attachment, number, block,
				   (__u64 *)&counts->packets[transport][verdict][first]);

		if (r)
			return r;
		if (!number)
			counts->since_s = block->sums.since_s;
		for (uint32_t i = 0; i < PORTSIEVE_PORT_BLOCK; i++)
			add_first(&counts->first_s[transport][first + i], block->sums.first_s[i]);
	}
	return 0;
}

int port_counts_read(const struct datapath *datapath, const struct datapath_device *device,
		     struct port_counts **ret_counts, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct port_counts *counts = NULL;
	struct timespec now;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (r)
		return r;
	if (attachment.per_port == DATAPATH_PER_PORT_OFF) {
		*ret_counts = NULL;
		return 0;
	}
	counts = malloc(sizeof(*counts)); /* read_all() fills it in */
	if (!counts)
		return error_no_memory(error);
	counts->per_port = attachment.per_port;
	clock_gettime(CLOCK_REALTIME, &now);
	counts->read_ns = boottime_ns();
	counts->read_real_ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
	r = read_all(&attachment, counts);
	if (r)
		return bpf_error(error, -r, "read the counts by port");
	*ret_counts = TAKE_PTR(counts);
	return 0;
}

void port_counts_add(struct port_counts *sum, const struct port_counts *counts)
{
	for (int t = 0; t < PORTSIEVE_PORT_TRANSPORTS; t++)
		for (int port = 0; port < PORTSIEVE_PORTS; port++) {
			uint32_t first = counts->first_s[t][port];

			for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
				sum->packets[t][v][port] += counts->packets[t][v][port];
			if (first && (!sum->first_s[t][port] || first < sum->first_s[t][port]))
				sum->first_s[t][port] = first;
		}
}

bool port_is_new(const struct port_counts *counts, enum portsieve_transport transport,
		 uint16_t port)
{
	uint32_t first_s = counts->first_s[transport][port];

	return first_s && counts->read_ns / SECOND_NS < (uint64_t)first_s + PORT_NEW_SECONDS;
}

uint64_t port_packets(const struct port_counts *counts, enum portsieve_transport transport,
		      uint16_t port)
{
	uint64_t packets = 0;

	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++)
		packets += counts->packets[transport][verdict][port];
	return packets;
}

struct sorted {
	struct port_key key;
	uint64_t by, then;
};

static int compare_sorted(const void *one, const void *other)
{
	const struct sorted *a = one, *b = other;

	if (a->by != b->by)
		return a->by < b->by ? 1 : -1;
	if (a->then != b->then)
		return a->then < b->then ? 1 : -1;
	if (a->key.transport != b->key.transport)
		return a->key.transport - b->key.transport;
	return a->key.port - b->key.port;
}

static struct sorted sorted_of(const struct port_counts *counts, struct port_key key,
			       enum port_order order)
{
	struct sorted sorted = { .key = key,
				 .then = port_packets(counts, key.transport, key.port) };

	sorted.by = sorted.then;
	if (order == PORTS_BY_DROPPED)
		sorted.by = port_dropped(counts, key.transport, key.port);
	else if (order == PORTS_BY_FIRST_SEEN)
		sorted.by = counts->first_s[key.transport][key.port];
	return sorted;
}

int port_counts_sort(const struct port_counts *counts, enum port_order order,
		     struct port_key **ret_ports, size_t *ret_count)
{
	enum { ALL = PORTSIEVE_PORT_TRANSPORTS * PORTSIEVE_PORTS };
	_cleanup_free_ struct sorted *sorted = calloc(ALL, sizeof(*sorted));
	_cleanup_free_ struct port_key *ports = NULL;
	size_t count = 0;

	for (uint32_t i = 0; sorted && i < ALL; i++) {
		struct port_key key = { .port = (uint16_t)(i % PORTSIEVE_PORTS),
					.transport = (uint16_t)(i / PORTSIEVE_PORTS) };

		if (port_packets(counts, key.transport, key.port))
			sorted[count++] = sorted_of(counts, key, order);
	}
	ports = calloc(count + 1, sizeof(*ports));
	if (!sorted || !ports)
		return -ENOMEM;
	qsort(sorted, count, sizeof(*sorted), compare_sorted);
	for (size_t i = 0; i < count; i++)
		ports[i] = sorted[i].key;
	*ret_ports = TAKE_PTR(ports);
	*ret_count = count;
	return 0;
}

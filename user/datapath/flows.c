/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the tables of flows, and fills them with the connections that are open already. */
#include "datapath/flows.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "datapath/open_flows.h"
#include "datapath/program.h"
#include "host/conntrack.h"
#include "host/sockets.h"
#include "jiffies.skel.h"

enum { BATCH = 4096 /* entries; more than fit into one bucket of the kernel's hash table */ };

const char *const flow_kinds[PORTSIEVE_FLOW_TABLES] = {
	[PORTSIEVE_FLOWS] = "flows",
	[PORTSIEVE_FLOWS_OPEN] = "flows_open",
	[PORTSIEVE_FLOWS_MARKED] = "flows_marked",
};

/* The kernel's coarse clocks advance once per jiffy. */
uint32_t jiffies_per_second(void)
{
	struct timespec resolution = { .tv_nsec = SECOND_NS / 250 };

	clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
	return (SECOND_NS + resolution.tv_nsec / 2) / resolution.tv_nsec;
}

int jiffies_read(__u64 *ret_jiffies, struct error *error)
{
	char frame[64] = { 0 };
	__u32 zero = 0;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame));
	struct jiffies *skeleton = jiffies__open_and_load();
	int r = skeleton ? bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.read_jiffies),
						  &run)
			 : -errno;

	/* through the map: libbpf may not have mapped it */
	if (!r && bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.bss), &zero, ret_jiffies))
		r = -errno;
	jiffies__destroy(skeleton);
	return r ? bpf_error(error, -r, "read the kernel's jiffies") : 0;
}

int flow_tables_open(const struct datapath *datapath)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t count = 0;

	if (pins_list(datapath, &ifindexes, &count, NULL))
		return -1;
	for (size_t i = 0; i < count; i++) {
		int fd = pin_open(datapath, ifindexes[i], "flow_tables", 0);

		if (fd >= 0)
			return fd;
	}
	return -1;
}

uint32_t flow_table_id(int tables_fd, enum portsieve_flow_table table)
{
	__u32 key = table, id = 0;

	return bpf_map_lookup_elem(tables_fd, &key, &id) ? 0 : id;
}

int flow_table_open(const struct datapath *datapath, int tables_fd, enum portsieve_flow_table table)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	uint32_t id = flow_table_id(tables_fd, table);
	size_t count = 0;

	if (!id || pins_list(datapath, &ifindexes, &count, NULL))
		return -1;
	for (size_t i = 0; i < count; i++) {
		_cleanup_close_ int fd = pin_open(datapath, ifindexes[i], flow_kinds[table], id);

		if (fd >= 0 && map_has_id(fd, id))
			return TAKE_FD(fd);
	}
	return -1;
}

static uint32_t size_of(int table_fd)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(table_fd, &info, &length) ? 0 : info.max_entries;
}

int flow_table_walk(int table_fd, flow_take_fn *take, void *context)
{
	_cleanup_free_ struct portsieve_flow_key *keys = calloc(BATCH, sizeof(*keys));
	_cleanup_free_ struct portsieve_flow *flows = calloc(BATCH, sizeof(*flows));
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	__u32 bucket = 0, *from = NULL;
	int r = keys && flows ? 0 : -ENOMEM;

	while (!r) {
		__u32 count = BATCH;

		r = bpf_map_lookup_batch(table_fd, from, &bucket, keys, flows, &count, &options);
		if (r && r != -ENOENT)
			break;
		for (__u32 i = 0; i < count; i++)
			take(&keys[i], &flows[i], context);
		from = &bucket;
	}
	return r == -ENOENT ? 0 : r; /* the end */
}

static void copy_entry(const struct portsieve_flow_key *key, const struct portsieve_flow *flow,
		       void *context)
{
	const int *to_fd = context;

	bpf_map_update_elem(*to_fd, key, flow, BPF_NOEXIST);
}

/* Puts a new table into the array and copies the entries of the old one (-1: none). */
static int table_make(int tables_fd, enum portsieve_flow_table table, uint32_t size, int old_fd,
		      int *ret_fd, struct error *error)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "portsieve_flows",
						sizeof(struct portsieve_flow_key),
						sizeof(struct portsieve_flow), size, NULL);
	__u32 key = table;

	if (fd < 0)
		return bpf_error(error, errno, "make a table of flows");
	if (old_fd >= 0)
		flow_table_walk(old_fd, copy_entry, &fd);
	if (bpf_map_update_elem(tables_fd, &key, &fd, BPF_ANY))
		return bpf_error(error, errno, "install a table of flows");
	if (old_fd >= 0) /* entries learned since the first copy */
		flow_table_walk(old_fd, copy_entry, &fd);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int flows_provide(const struct datapath *datapath, uint32_t ifindex, int tables_fd, uint32_t flows,
		  struct error *error)
{
	const uint32_t sizes[PORTSIEVE_FLOW_TABLES] = {
		[PORTSIEVE_FLOWS] = flows,
		[PORTSIEVE_FLOWS_OPEN] = PORTSIEVE_FLOWS_NEW,
		[PORTSIEVE_FLOWS_MARKED] = PORTSIEVE_FLOW_MARKS,
	};

	for (int table = 0; table < PORTSIEVE_FLOW_TABLES; table++) {
		_cleanup_close_ int old_fd = flow_table_open(datapath, tables_fd, table);
		_cleanup_close_ int made_fd = -1;
		bool fits = old_fd >= 0 && size_of(old_fd) == sizes[table];
		int r = fits ? 0
			     : table_make(tables_fd, table, sizes[table], old_fd, &made_fd, error);

		if (r)
			return r;
		r = pin_put(datapath, ifindex, flow_kinds[table], flow_table_id(tables_fd, table),
			    fits ? old_fd : made_fd);
		if (r)
			return bpf_error(error, -r, "pin a table of flows");
	}
	return 0;
}

void flows_release(int tables_fd)
{
	for (__u32 table = 0; table < PORTSIEVE_FLOW_TABLES; table++)
		if (flow_table_id(tables_fd, table))
			bpf_map_delete_elem(tables_fd, &table);
}

struct seeding {
	int flows_fd;
	struct portsieve_flow flow;
};

/* Adds an entry, or refreshes one that exists. */
static int seed(const struct seeding *seeding, const struct portsieve_flow_key *key)
{
	struct portsieve_flow flow;

	if (!bpf_map_update_elem(seeding->flows_fd, key, &seeding->flow, BPF_NOEXIST))
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (bpf_map_lookup_elem(seeding->flows_fd, key, &flow))
		return 0; /* just gone */
	flow.seen = seeding->flow.seen;
	return bpf_map_update_elem(seeding->flows_fd, key, &flow, BPF_EXIST) && errno != ENOENT
		       ? -errno
		       : 0;
}

static int seed_socket(const struct host_socket *socket, void *context)
{
	struct portsieve_flow_key key = flow_of_socket(socket);

	return seed(context, &key);
}

static int seed_direction(const struct seeding *seeding, const struct tracked *tracked)
{
	struct portsieve_flow_key key = flow_of_tracked(tracked);

	return seed(seeding, &key);
}

/*
 * Adds both directions of TCP, but only if it was answered: netfilter also tracks a single segment
 * in mid-stream. Adds only the replies of other protocols: netfilter also tracks the packets of a
 * flood.
 */
static int seed_tracked(const struct tracked_connection *connection, void *context)
{
	int r;

	if (connection->original.protocol != IPPROTO_TCP)
		return seed_direction(context, &connection->reply);
	if (!connection->is_open || !connection->is_answered)
		return 0;
	r = seed_direction(context, &connection->original);
	return r ? r : seed_direction(context, &connection->reply);
}

int flows_seed(const struct datapath *datapath, uint32_t ifindex, int tables_fd,
	       struct error *error)
{
	/* half-open sockets are of clients whose SYN was let in: they need no flow */
	const uint32_t tcp_states = ~(1u << TCP_LISTEN | 1u << TCP_CLOSE | 1u << TCP_SYN_RECV |
				      1u << 12 /* TCP_NEW_SYN_RECV */);
	_cleanup_close_ int fd = pin_open(datapath, ifindex, flow_kinds[PORTSIEVE_FLOWS],
					  flow_table_id(tables_fd, PORTSIEVE_FLOWS));
	struct seeding seeding = { .flows_fd = fd };
	int r = jiffies_read(&seeding.flow.seen, error);

	if (r)
		return r;
	if (fd < 0)
		return bpf_error(error, -fd, "open the table of flows");
	r = sockets_walk(IPPROTO_TCP, tcp_states, seed_socket, &seeding);
	if (!r || r == -ENOENT) {
		int udp = sockets_walk(IPPROTO_UDP, 1 << TCP_ESTABLISHED, seed_socket, &seeding);

		r = udp ? udp : r;
	}
	if (r == -ENOENT && datapath->note)
		datapath->note("this kernel cannot list sockets (modules tcp_diag and udp_diag): "
			       "connections that are open now may be lost");
	/* not an error: a kernel without UDP-Lite has no such sockets */
	if (!r || r == -ENOENT)
		r = sockets_walk(IPPROTO_UDPLITE, 1 << TCP_ESTABLISHED, seed_socket, &seeding);
	if (!r || r == -ENOENT)
		r = conntrack_walk(seed_tracked, &seeding);
	return r ? bpf_error(error, -r, "learn the flows that are open") : 0;
}

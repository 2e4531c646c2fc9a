/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of flows, and removing flows from the tables. */
#include "datapath/open_flows.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "datapath/flows.h"

static uint8_t transport_of(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_UDP:
		return PORTSIEVE_UDP;
	case IPPROTO_UDPLITE:
		return PORTSIEVE_FLOW_UDPLITE;
	case IPPROTO_SCTP:
		return PORTSIEVE_SCTP;
	case IPPROTO_DCCP:
		return PORTSIEVE_DCCP;
	default:
		return PORTSIEVE_TCP;
	}
}

struct portsieve_flow_key flow_of_tracked(const struct tracked *tracked)
{
	struct portsieve_flow_key key = {
		.remote_port = tracked->source_port,
		.local_port = tracked->destination_port,
		.transport = transport_of(tracked->protocol),
		.ipv6 = tracked->family == AF_INET6,
	};

	memcpy(key.remote, tracked->source, sizeof(key.remote));
	memcpy(key.local, tracked->destination, sizeof(key.local));
	return key;
}

struct portsieve_flow_key flow_of_socket(const struct host_socket *socket)
{
	struct portsieve_flow_key key = {
		.remote_port = htons(socket->peer_port),
		.local_port = htons(socket->port),
		.transport = transport_of(socket->protocol),
		.ipv6 = socket->family == AF_INET6,
	};

	memcpy(key.remote, socket->peer, sizeof(key.remote));
	memcpy(key.local, socket->address, sizeof(key.local));
	return key;
}

static int remove_keys(int table_fd, const struct portsieve_flow_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bpf_map_delete_elem(table_fd, &keys[i]) && errno != ENOENT)
			return -errno;
	return 0;
}

static int mark_keys(int marked_fd, const struct portsieve_flow_key *keys, size_t count)
{
	struct portsieve_flow mark = { 0 };
	int r = jiffies_read(&mark.seen, NULL);

	for (size_t i = 0; !r && i < count; i++)
		if (keys[i].transport != PORTSIEVE_TCP)
			r = bpf_map_update_elem(marked_fd, &keys[i], &mark, BPF_ANY);
	return r;
}

int open_flows_forbid(const struct datapath *datapath, const struct portsieve_flow_key *keys,
		      size_t count)
{
	_cleanup_close_ int tables_fd = flow_tables_open(datapath);
	int r = 0;

	for (int table = PORTSIEVE_FLOW_TABLES - 1; tables_fd >= 0 && !r && table >= 0; table--) {
		_cleanup_close_ int fd = flow_table_open(datapath, tables_fd, table);

		if (fd < 0)
			continue;
		r = table == PORTSIEVE_FLOWS_MARKED ? mark_keys(fd, keys, count)
						    : remove_keys(fd, keys, count);
	}
	return r;
}

struct removal {
	int table_fd;
	open_flow_test_fn *test;
	void *context;
};

static void remove_chosen(const struct portsieve_flow_key *key, const struct portsieve_flow *flow,
			  void *context)
{
	const struct removal *removal = context;

	(void)flow;
	if (removal->test(key, removal->context))
		bpf_map_delete_elem(removal->table_fd, key);
}

int open_flows_remove(const struct datapath *datapath, open_flow_test_fn *test, void *context)
{
	static const enum portsieve_flow_table tables[] = { PORTSIEVE_FLOWS, PORTSIEVE_FLOWS_OPEN };
	_cleanup_close_ int tables_fd = flow_tables_open(datapath);
	int r = 0;

	for (size_t i = 0; tables_fd >= 0 && !r && i < ARRAY_SIZE(tables); i++) {
		_cleanup_close_ int fd = flow_table_open(datapath, tables_fd, tables[i]);
		struct removal removal = { fd, test, context };

		if (fd >= 0)
			r = flow_table_walk(fd, remove_chosen, &removal);
	}
	return r;
}

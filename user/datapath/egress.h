/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The egress program of a device, for `return: flow`. It is attached by a TCX link (Linux 6.6),
 * else as a clsact filter. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_EGRESS_H
#define PORTSIEVE_DATAPATH_EGRESS_H

#include "datapath/attachment.h"

/* BPF_TCX_EGRESS (Linux 6.6), which libbpf 1.1 lacks. */
#define EGRESS_TCX ((enum bpf_attach_type)47)

/* The maps that the egress program shares with the XDP program of its device. */
struct egress_maps {
	int active_fd;
	int prefixes_fd[TRIE_FAMILIES];
	int tables_fd;
};

static inline struct egress_maps egress_maps_of(int active_fd, const int prefixes_fd[TRIE_FAMILIES],
						int tables_fd)
{
	struct egress_maps maps = { .active_fd = active_fd, .tables_fd = tables_fd };

	for (int family = 0; family < TRIE_FAMILIES; family++)
		maps.prefixes_fd[family] = prefixes_fd[family];
	return maps;
}

/*
 * Attaches the egress program to the device, as the last one. If one with these maps is attached,
 * does nothing unless `renew`; replaces another one of ours in its place.
 */
int egress_attach(const struct datapath *datapath, uint32_t ifindex, const char *device,
		  const struct egress_maps *maps, bool renew, struct error *error);

/* Detaches the egress program, if any. Leaves clsact in place. Returns 0 or -errno. */
int egress_remove(const struct datapath *datapath, uint32_t ifindex);

/*
 * Returns the id of our egress program on the device; 0: it is not attached. A device that moves to
 * another network namespace keeps its TCX links but loses clsact.
 */
uint32_t egress_program_id(const struct datapath *datapath, uint32_t ifindex, bool moved);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxdp's dispatcher: a program of libxdp on the interface that calls several XDP programs, its
 * members, one after the other. What is kept of it lies in libxdp's own folder of bpffs. Which
 * member is ours is told by its policy slot: the one that is pinned in the folder of the device.
 * Private to datapath*.c.
 */
#ifndef PORTSIEVE_DATAPATH_DISPATCHER_H
#define PORTSIEVE_DATAPATH_DISPATCHER_H

#include "datapath/program.h"

enum { DISPATCHER_PATH_MAX = 256 };

/* One of our programs in a dispatcher. */
struct dispatcher_member {
	int program_fd; /* -1: none */
	uint32_t program_id;
};

/* Libxdp's folder: /sys/fs/bpf/xdp, unless the environment has LIBXDP_BPFFS. */
void dispatcher_folder(char path[DISPATCHER_PATH_MAX]);

/* Are there pins of the program that is on the interface? */
bool dispatcher_has_pins(uint32_t ifindex);

/* Does libxdp's dispatcher work here? If not, `error` says why. */
int dispatcher_available(struct error *error);

/* Is there a dispatcher on the interface? Names its members in `names`, "xdp_filter, other". */
bool dispatcher_is_on(uint32_t ifindex, char *names, size_t size);

/*
 * Finds our program on the interface, the newest where one is being replaced. -ENOENT: there is
 * none. The caller closes ret_member->program_fd.
 */
int dispatcher_find(const struct datapath *datapath, uint32_t ifindex,
		    struct dispatcher_member *ret_member);

/* Is that program in the dispatcher of the interface? */
bool dispatcher_has(uint32_t ifindex, uint32_t program_id);

/*
 * Loads the program upon these maps, which have to be filled, into the dispatcher of the interface,
 * or into a new one. A dispatcher that is there decides the mode; another one asked for is an
 * error.
 */
int dispatcher_attach(uint32_t ifindex, const char *device, const struct program *maps,
		      uint32_t own_turn, enum datapath_mode mode, enum datapath_mode *ret_mode,
		      struct error *error);

/* Takes our programs out of the dispatcher, all but `kept_id` (0: all); other members stay. */
int dispatcher_detach(const struct datapath *datapath, uint32_t ifindex, uint32_t kept_id,
		      struct error *error);

/*
 * Removes what libxdp keeps of dispatchers with our programs that are not on the interface: a
 * process died, or another tool took them off. Nothing is done when there is no such interface: it
 * may be in another network namespace, with its filter, which these pins hold. Returns whether such
 * pins were left alone.
 */
bool dispatcher_remove_stale(const struct datapath *datapath, uint32_t ifindex);

#endif

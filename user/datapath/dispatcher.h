/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxdp's dispatcher: a program of libxdp on the interface that calls several XDP programs, its
 * members, one after the other. Its pins are in libxdp's own folder of bpffs. A member is ours if
 * its policy slot is pinned in the folder of the device. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_DISPATCHER_H
#define PORTSIEVE_DATAPATH_DISPATCHER_H

#include "datapath/program.h"

enum { DISPATCHER_PATH_MAX = 256 };

/* libxdp's folder: /sys/fs/bpf/xdp, or below $LIBXDP_BPFFS. */
void dispatcher_folder(char path[DISPATCHER_PATH_MAX]);

/* Is the program on the interface a dispatcher with pins? */
bool dispatcher_has_pins(uint32_t ifindex);

/* Do kernel and libxdp support the dispatcher? If not, `error` says why. Changes nothing. */
int dispatcher_supported(struct error *error);

/* Can it be used here? Creates the folder of its pins. If not, `error` says why. */
int dispatcher_available(struct error *error);

/* Is there a dispatcher on the interface? Names its members in `names`, "xdp_filter, other". */
bool dispatcher_is_on(uint32_t ifindex, char *names, size_t size);

/* The same for the members without frags support, which make the whole dispatcher lack it. */
void dispatcher_name_single_buffer(uint32_t ifindex, char *names, size_t size);

/*
 * Finds our program on the interface, the newer one during a handover. -ENOENT: none. The caller
 * closes *ret_program_fd.
 */
int dispatcher_find(const struct datapath *datapath, uint32_t ifindex, int *ret_program_fd,
		    uint32_t *ret_program_id);

/* Is the program with that id in the dispatcher of the interface? */
bool dispatcher_has(uint32_t ifindex, uint32_t program_id);

/*
 * Attaches a program that uses these maps, which must be filled, to the interface's dispatcher, or
 * to a new one. An existing dispatcher decides the mode; asking for the other one is an error.
 * own_turn: see bpf/handover.h. ret_mode may be NULL.
 */
int dispatcher_attach(uint32_t ifindex, const char *device, const struct program *maps,
		      uint32_t own_turn, enum datapath_mode mode, enum datapath_mode *ret_mode,
		      struct error *error);

/*
 * Detaches our programs from the dispatcher, except `kept_id` (0: none is kept). Other members
 * stay.
 */
int dispatcher_detach(const struct datapath *datapath, uint32_t ifindex, uint32_t kept_id,
		      struct error *error);

/*
 * Removes libxdp's pins of dispatchers with our programs that are not on the interface: a process
 * died, or another tool detached them. If the interface does not exist, keeps them and returns
 * true: it may be in another network namespace, filtered by the program that these pins hold.
 */
bool dispatcher_remove_stale(const struct datapath *datapath, uint32_t ifindex);

#endif

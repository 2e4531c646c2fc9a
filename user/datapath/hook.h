/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is attached to a device's XDP hook: our link, or libxdp's dispatcher with our program in it.
 * Private to datapath*.c.
 */
#ifndef PORTSIEVE_DATAPATH_HOOK_H
#define PORTSIEVE_DATAPATH_HOOK_H

#include "datapath/datapath.h"

/* How a device's program is attached, and which it is. Descriptors; -1: not open. */
struct hook {
	enum datapath_attach attach;
	int link_fd; /* -1 in a dispatcher */
	uint32_t link_id;
	int program_fd; /* -1 on a link: its pin leads to it */
	uint32_t program_id;
};

#define HOOK_NONE                                                                                  \
	(struct hook)                                                                              \
	{                                                                                          \
		.link_fd = -1, .program_fd = -1                                                    \
	}

void hook_close(struct hook *hook);
#define _cleanup_hook_ __attribute__((cleanup(hook_close)))

/*
 * Finds what is attached. -ENOENT: neither is, nor ever was; -ENOLINK: the device of the link was
 * deleted, or the program is no longer in the dispatcher. Other errors are -errno. The caller owns
 * *ret_hook (hook_close).
 */
int hook_follow(const struct datapath *datapath, uint32_t ifindex, struct hook *ret_hook);

/* Only the link of a device, even if its other pins are gone. Returns a descriptor or -errno. */
int hook_link(const struct datapath *datapath, uint32_t ifindex);

/*
 * Records that a dispatcher has the program: from then on its absence means that it was detached.
 * Returns -errno.
 */
int hook_mark_chained(const struct datapath *datapath, uint32_t ifindex);

/*
 * Records that the user chose how the device is attached (its counters must be pinned already), and
 * reads that back. Returns -errno.
 */
int hook_mark_asked(const struct datapath *datapath, uint32_t ifindex);
bool hook_is_asked(const struct datapath *datapath, uint32_t ifindex);

/* Does the device still run the program of this hook? */
bool hook_is_current(uint32_t ifindex, const struct hook *hook);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds our program on a device's XDP hook: our link, or libxdp's dispatcher with our program
 * in it. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_HOOK_H
#define PORTSIEVE_DATAPATH_HOOK_H

#include "datapath/datapath.h"

/* How a device's program is attached, and its id. Descriptors; -1: not open. */
struct hook {
	enum datapath_attach attach;
	int link_fd; /* -1 in a dispatcher */
	uint32_t link_id;
	int program_fd; /* -1 on a link: open its pin by program_id */
	uint32_t program_id;
};

#define HOOK_NONE                                                                                  \
	(struct hook)                                                                              \
	{                                                                                          \
		.link_fd = -1, .program_fd = -1                                                    \
	}

void hook_close(struct hook *hook);

/*
 * Finds our link or program. -ENOENT: neither is there, nor ever was; -ENOLINK: the device of the
 * link was deleted, or the program is no longer in the dispatcher. Other errors are -errno. The
 * caller owns *ret_hook (hook_close).
 */
int hook_follow(const struct datapath *datapath, uint32_t ifindex, struct hook *ret_hook);

/*
 * Records that a dispatcher has the program: from then on its absence means that it was detached.
 * Returns -errno.
 */
int hook_mark_chained(const struct datapath *datapath, uint32_t ifindex);

/* Does the device still run the program of this hook? */
bool hook_is_current(uint32_t ifindex, const struct hook *hook);

#endif

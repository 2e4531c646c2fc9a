/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds our program on a device's XDP hook: our link, or libxdp's dispatcher. Private to
 * datapath/.
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
#define _cleanup_hook_ __attribute__((cleanup(hook_close)))

/*
 * Finds our link or program. -ENOENT: neither was ever attached; -ENOLINK: the link's device was
 * deleted, or the program is no longer in the dispatcher; -EUCLEAN: a pin holds something else;
 * -EAGAIN: our program is on the device, but its link is not pinned (yet). Other errors are -errno.
 * The caller owns *ret_hook (hook_close).
 */
int hook_follow(const struct datapath *datapath, uint32_t ifindex, struct hook *ret_hook);

/*
 * Opens the device's link by its pin or, if the pin is missing, by the program on the device.
 * Returns a descriptor or -errno; -ENOENT or -EUCLEAN: there is no link of ours.
 */
int hook_link(const struct datapath *datapath, uint32_t ifindex);

/*
 * Records that the program is in a dispatcher: from then on its absence means that it was detached.
 * Returns -errno.
 */
int hook_mark_chained(const struct datapath *datapath, uint32_t ifindex);

/* Does the device still run the program of this hook? */
bool hook_is_current(uint32_t ifindex, const struct hook *hook);

#endif

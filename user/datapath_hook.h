/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is attached to a device's XDP hook: our link, or libxdp's dispatcher with our program in it.
 * Private to datapath*.c.
 */
#ifndef PORTSIEVE_DATAPATH_HOOK_H
#define PORTSIEVE_DATAPATH_HOOK_H

#include "datapath_attachment.h"

/*
 * Fills in attach, link_fd and link_id, or program_fd, and program_id. -ENOENT: neither is there,
 * and none was; -ENOLINK: there was one: the link is a husk whose device is gone, or the program is
 * not in the dispatcher any more. Other errors are -errno.
 */
int hook_follow(const struct datapath *datapath, struct attachment *attachment);

/* Only the link of a device, whatever became of the other pins. Returns a descriptor or -errno. */
int hook_link(const struct datapath *datapath, uint32_t ifindex);

/* Notes that a dispatcher has the program: from then on its absence is a loss. Returns -errno. */
int hook_mark_chained(const struct datapath *datapath, uint32_t ifindex);

/*
 * Notes that the way in which the device is attached was asked for (its counters have to be pinned
 * already); was it? Returns -errno.
 */
int hook_mark_asked(const struct datapath *datapath, uint32_t ifindex);
bool hook_is_asked(const struct datapath *datapath, uint32_t ifindex);

/* Does the device still run the program that the attachment was opened with? */
bool hook_is_current(const struct attachment *attachment);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The view: what members of the group `portsieve` may read of the pins, without root. Private to
 * datapath/.
 *
 * Whoever may open a link can detach the filter, so the pins in /sys/fs/bpf stay root's. Writers
 * pin the maps that readers need once more, readable by the group, on a bpffs of their own at
 * /run/portsieve/bpf: the maps of a policy as among the pins, those of a program in a folder that
 * is named after it. That this program is on the device is asked by rtnetlink, which takes no
 * rights.
 *
 * There is no view without the group, nor while kernel.unprivileged_bpf_disabled is 0: then a
 * process that may read a map could let a BPF program of its own write to it.
 */
#ifndef PORTSIEVE_DATAPATH_VIEW_H
#define PORTSIEVE_DATAPATH_VIEW_H

#include "datapath/attachment.h"

/* For a writer: mounts the view if it is to be there. Best effort; a note says what failed. */
void view_prepare(struct datapath *datapath);

/*
 * Pins a map of a policy in the view too, by its name among the pins; other pins are none of the
 * view. Before the commit, so that readers find what they are about to see. Best effort.
 */
void view_put(const struct datapath *datapath, uint32_t ifindex, const char *name, int fd);

/* The same for the maps of a program that is about to be attached by a link. */
void view_put_program(const struct datapath *datapath, uint32_t ifindex,
		      const struct program *program);

/* The same for the maps of the program that is on a device, when its baseline has changed. */
void view_put_attachment(const struct datapath *datapath, const struct attachment *attachment);

/* Makes the view hold what the pins hold, and no more. The lock must be held. Best effort. */
void view_settle(const struct datapath *datapath);

/*
 * For a reader without access to the pins: takes the view in their place. -ENOENT: there is none;
 * -EACCES: the caller is not in the group. Nothing is filled in then.
 */
int view_open(struct datapath *datapath);

/*
 * Follows a device in the view up to the maps of its program. -ENOENT: it is not in the view, or
 * not among the interfaces of this network namespace; -EUCLEAN: no program is on the device;
 * -EAGAIN: a writer is at work.
 */
int view_follow(const struct datapath *datapath, uint32_t ifindex, struct attachment *attachment);

/* The egress program of a device, as of the last writer; 0: none. */
uint32_t view_egress_id(const struct datapath *datapath, uint32_t ifindex);

#endif

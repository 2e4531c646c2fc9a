/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The view: the pins that members of the group `portsieve` may read without root. Private to
 * datapath/.
 *
 * A process that may open a link can detach the filter, so the pins in /sys/fs/bpf stay root's.
 * Writers pin the maps that readers need a second time, readable by the group, on a separate bpffs
 * at /run/portsieve/bpf: the maps of a policy under the same names, those of a program in a folder
 * named after it. Readers check by rtnetlink, which needs no privileges, that this program is on
 * the device.
 *
 * There is no view without the group, nor while kernel.unprivileged_bpf_disabled is 0: a process
 * that may read a map could then load a BPF program that writes to it.
 */
#ifndef PORTSIEVE_DATAPATH_VIEW_H
#define PORTSIEVE_DATAPATH_VIEW_H

#include "datapath/attachment.h"

/* For a writer: mounts the view if there should be one. Best effort; a note says what failed. */
void view_prepare(struct datapath *datapath);

/*
 * Also pins a policy's map in the view, under the same name; ignores pins that the view does not
 * have. Call it before the commit, so that readers find the new policy. Best effort.
 */
void view_put(const struct datapath *datapath, uint32_t ifindex, const char *name, int fd);

/* The same for the maps of a program that is about to be attached by a link. */
void view_put_program(const struct datapath *datapath, uint32_t ifindex,
		      const struct program *program);

/* The same for the maps of the program on a device, when its baseline has changed. */
void view_put_attachment(const struct datapath *datapath, const struct attachment *attachment);

/* Makes the view match the pins. The lock must be held. Best effort. */
void view_settle(const struct datapath *datapath);

/*
 * For a reader without access to the pins: opens the view instead. -ENOENT: there is none; -EACCES:
 * the caller is not in the group. On failure *datapath is untouched.
 */
int view_open(struct datapath *datapath);

/*
 * Follows a device in the view up to the maps of its program. -ENOENT: it is not in the view, or
 * not among the interfaces of this network namespace; -EUCLEAN: no program is on the device;
 * -EAGAIN: a writer is at work; try again.
 */
int view_follow(const struct datapath *datapath, uint32_t ifindex, struct attachment *attachment);

/* The egress program of a device, as of the last writer; 0: none. */
uint32_t view_egress_id(const struct datapath *datapath, uint32_t ifindex);

#endif

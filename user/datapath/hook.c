/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the program of a device: by the pin of the link, or in libxdp's dispatcher. */
#include "datapath/hook.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/dispatcher.h"
#include "datapath/link.h"
#include "datapath/pins.h"

void hook_close(struct hook *hook)
{
	cleanup_close(&hook->link_fd);
	cleanup_close(&hook->program_fd);
}

/*
 * Opens the pin of the link. -EUCLEAN: it is not an XDP link, or one of another device. The link of
 * a device that has moved may have another ifindex, but its program is pinned.
 */
static int open_link(const struct datapath *datapath, uint32_t ifindex,
		     struct bpf_link_info *ret_info)
{
	_cleanup_close_ int link_fd = pin_open(datapath, ifindex, "link", 0), program_fd = -1;
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);

	if (link_fd < 0)
		return link_fd;
	if (bpf_obj_get_info_by_fd(link_fd, &info, &length))
		return -errno;
	if (info.type != BPF_LINK_TYPE_XDP)
		return -EUCLEAN;
	if (info.xdp.ifindex && info.xdp.ifindex != ifindex) {
		program_fd = pin_open(datapath, ifindex, "program", info.prog_id);
		if (program_fd < 0) /* a writer may just have replaced the program */
			return program_fd == -ENOENT ? -EAGAIN : program_fd;
	}
	*ret_info = info;
	return TAKE_FD(link_fd);
}

/* The id of our program on the interface; 0: it has none, or another one. */
static uint32_t own_occupant(const struct datapath *datapath, uint32_t ifindex)
{
	_cleanup_close_ int program_fd = -1;
	struct occupant occupant = { 0 };

	if (occupant_read(ifindex, &occupant, NULL) || !occupant.program_id)
		return 0;
	program_fd = bpf_prog_get_fd_by_id(occupant.program_id);
	if (program_fd < 0 || !program_is_own(datapath, ifindex, program_fd))
		return 0;
	return occupant.program_id;
}

int hook_link(const struct datapath *datapath, uint32_t ifindex)
{
	struct bpf_link_info info = { 0 };
	int link_fd = open_link(datapath, ifindex, &info);
	uint32_t program_id, id = 0;

	if (link_fd == -EAGAIN) /* no writer can be replacing it: the caller has the lock */
		link_fd = -EUCLEAN;
	if (link_fd != -ENOENT && link_fd != -EUCLEAN)
		return link_fd;
	program_id = own_occupant(datapath, ifindex);
	while (program_id && !bpf_link_get_next_id(id, &id)) {
		_cleanup_close_ int fd = bpf_link_get_fd_by_id(id);
		__u32 length = sizeof(info);

		memset(&info, 0, sizeof(info));
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &length) &&
		    info.type == BPF_LINK_TYPE_XDP && info.prog_id == program_id)
			return TAKE_FD(fd);
	}
	return link_fd;
}

/* Finds the link and the id of its program. -ENOLINK: its device was deleted. */
static int follow_link(const struct datapath *datapath, uint32_t ifindex, struct hook *ret_hook)
{
	struct bpf_link_info info = { 0 };
	_cleanup_close_ int link_fd = open_link(datapath, ifindex, &info);

	if (link_fd < 0)
		return link_fd;
	if (!info.xdp.ifindex)
		return -ENOLINK;
	*ret_hook = (struct hook){
		.attach = DATAPATH_LINK,
		.link_fd = TAKE_FD(link_fd),
		.link_id = info.id,
		.program_fd = -1,
		.program_id = info.prog_id,
	};
	return 0;
}

/* Finds our program in the dispatcher. -ENOENT: it never was there; -ENOLINK: it no longer is. */
static int follow_dispatcher(const struct datapath *datapath, uint32_t ifindex,
			     struct hook *ret_hook)
{
	_cleanup_hook_ struct hook hook = HOOK_NONE;
	_cleanup_close_ int turn_fd = pin_open(datapath, ifindex, "turn", 0);
	_cleanup_close_ int seen_fd = pin_open(datapath, ifindex, "seen", 0);
	_cleanup_close_ int chained_fd = pin_open(datapath, ifindex, "chained", 0);
	struct program_maps maps = { 0 };
	int r;

	if (turn_fd < 0 && seen_fd < 0)
		return turn_fd;
	hook.attach = DATAPATH_DISPATCHER;
	r = dispatcher_find(datapath, ifindex, &hook.program_fd, &hook.program_id);
	if (r == -ENOENT)
		return chained_fd < 0 ? chained_fd : -ENOLINK;
	if (!r)
		r = program_maps_read(hook.program_fd, &maps);
	if (r)
		return r;
	/* not marked yet: it is being loaded */
	if (!program_maps_has(&maps, turn_fd) || !program_maps_has(&maps, seen_fd) ||
	    (chained_fd < 0 && chained_fd != -ENOENT))
		return -EUCLEAN;
	*ret_hook = hook;
	hook = HOOK_NONE;
	return 0;
}

int hook_follow(const struct datapath *datapath, uint32_t ifindex, struct hook *ret_hook)
{
	int r = follow_link(datapath, ifindex, ret_hook);

	if (r == -ENOENT)
		r = follow_dispatcher(datapath, ifindex, ret_hook);
	return r == -ENOENT && own_occupant(datapath, ifindex) ? -EAGAIN : r;
}

int hook_mark_chained(const struct datapath *datapath, uint32_t ifindex)
{
	return pin_mark(datapath, ifindex, "turn", "chained");
}

bool hook_is_current(uint32_t ifindex, const struct hook *hook)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);

	struct occupant occupant = { 0 };

	if (hook->program_fd < 0 && hook->link_fd < 0) /* in the view */
		return hook->attach == DATAPATH_DISPATCHER ||
		       (!occupant_read(ifindex, &occupant, NULL) &&
			occupant.program_id == hook->program_id);
	if (hook->attach == DATAPATH_DISPATCHER)
		return dispatcher_has(ifindex, hook->program_id);
	return !bpf_obj_get_info_by_fd(hook->link_fd, &info, &length) &&
	       info.prog_id == hook->program_id;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the program of a device: by the pin of the link, or in libxdp's dispatcher. */
#include "datapath/hook.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "base/cleanup.h"
#include "datapath/dispatcher.h"
#include "datapath/pins.h"

void hook_close(struct hook *hook)
{
	cleanup_close(&hook->link_fd);
	cleanup_close(&hook->program_fd);
}

/* The link, and the id of its program. -ENOLINK: its device was deleted. */
static int follow_link(const struct datapath *datapath, uint32_t ifindex, struct hook *ret_hook)
{
	_cleanup_close_ int link_fd = pin_open(datapath, ifindex, "link", 0);
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);

	if (link_fd < 0)
		return link_fd;
	if (bpf_obj_get_info_by_fd(link_fd, &info, &length))
		return -errno;
	if (info.type != BPF_LINK_TYPE_XDP || !info.xdp.ifindex)
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

/* Our program in the dispatcher. -ENOENT: there never was one; -ENOLINK: it is no longer there. */
static int follow_dispatcher(const struct datapath *datapath, uint32_t ifindex,
			     struct hook *ret_hook)
{
	struct hook hook = HOOK_NONE;
	_cleanup_close_ int turn_fd = pin_open(datapath, ifindex, "turn", 0);
	_cleanup_close_ int seen_fd = pin_open(datapath, ifindex, "seen", 0);
	_cleanup_close_ int chained_fd = -1;
	int r;

	if (turn_fd < 0 && seen_fd < 0)
		return turn_fd;
	hook.attach = DATAPATH_DISPATCHER;
	r = dispatcher_find(datapath, ifindex, &hook.program_fd, &hook.program_id);
	if (r == -ENOENT) {
		chained_fd = pin_open(datapath, ifindex, "chained", 0);
		return chained_fd < 0 ? chained_fd : -ENOLINK;
	}
	if (r)
		return r;
	*ret_hook = hook;
	return 0;
}

int hook_follow(const struct datapath *datapath, uint32_t ifindex, struct hook *ret_hook)
{
	int r = follow_link(datapath, ifindex, ret_hook);

	return r == -ENOENT ? follow_dispatcher(datapath, ifindex, ret_hook) : r;
}

int hook_mark_chained(const struct datapath *datapath, uint32_t ifindex)
{
	return pin_mark(datapath, ifindex, "turn", "chained");
}

bool hook_is_current(uint32_t ifindex, const struct hook *hook)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);

	if (hook->attach == DATAPATH_DISPATCHER)
		return dispatcher_has(ifindex, hook->program_id);
	return !bpf_obj_get_info_by_fd(hook->link_fd, &info, &length) &&
	       info.prog_id == hook->program_id;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a device to its program: by the pin of the link, or by libxdp's dispatcher. */
#include "datapath_hook.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "cleanup.h"
#include "datapath_dispatcher.h"
#include "datapath_pins.h"

/* The link, and the id of the program that it runs. -ENOLINK: its device is gone. */
static int follow_link(const struct datapath *datapath, struct attachment *attachment)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);

	attachment->link_fd = pin_open(datapath, attachment->ifindex, "link", 0);
	if (attachment->link_fd < 0)
		return attachment->link_fd;
	if (bpf_obj_get_info_by_fd(attachment->link_fd, &info, &length))
		return -errno;
	if (info.type != BPF_LINK_TYPE_XDP || !info.xdp.ifindex)
		return -ENOLINK;
	attachment->link_id = info.id;
	attachment->program_id = info.prog_id;
	return 0;
}

/* The dispatcher's member of ours. -ENOENT: there is none, and never was; -ENOLINK: there was. */
static int follow_dispatcher(const struct datapath *datapath, struct attachment *attachment)
{
	struct dispatcher_member member;
	_cleanup_close_ int turn_fd = pin_open(datapath, attachment->ifindex, "turn", 0);
	_cleanup_close_ int seen_fd = pin_open(datapath, attachment->ifindex, "seen", 0);
	_cleanup_close_ int chained_fd = -1;
	int r;

	if (turn_fd < 0 && seen_fd < 0)
		return turn_fd;
	r = dispatcher_find(datapath, attachment->ifindex, &member);
	if (r == -ENOENT) {
		chained_fd = pin_open(datapath, attachment->ifindex, "chained", 0);
		return chained_fd < 0 ? chained_fd : -ENOLINK;
	}
	if (r)
		return r;
	attachment->attach = DATAPATH_DISPATCHER;
	attachment->program_fd = member.program_fd;
	attachment->program_id = member.program_id;
	return 0;
}

int hook_mark_chained(const struct datapath *datapath, uint32_t ifindex)
{
	_cleanup_close_ int turn_fd = pin_open(datapath, ifindex, "turn", 0);

	return turn_fd < 0 ? turn_fd : pin_put(datapath, ifindex, "chained", 0, turn_fd);
}

int hook_mark_asked(const struct datapath *datapath, uint32_t ifindex)
{
	_cleanup_close_ int counters_fd = pin_open(datapath, ifindex, "counters", 0);

	return counters_fd < 0 ? counters_fd : pin_put(datapath, ifindex, "asked", 0, counters_fd);
}

bool hook_is_asked(const struct datapath *datapath, uint32_t ifindex)
{
	_cleanup_close_ int asked_fd = pin_open(datapath, ifindex, "asked", 0);

	return asked_fd >= 0;
}

int hook_link(const struct datapath *datapath, uint32_t ifindex)
{
	return pin_open(datapath, ifindex, "link", 0);
}

bool hook_is_current(const struct attachment *attachment)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);

	if (attachment->attach == DATAPATH_DISPATCHER)
		return dispatcher_has(attachment->ifindex, attachment->program_id);
	return !bpf_obj_get_info_by_fd(attachment->link_fd, &info, &length) &&
	       info.prog_id == attachment->program_id;
}

int hook_follow(const struct datapath *datapath, struct attachment *attachment)
{
	int r = follow_link(datapath, attachment);

	return r == -ENOENT ? follow_dispatcher(datapath, attachment) : r;
}

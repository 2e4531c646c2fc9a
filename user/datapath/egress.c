/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaches, finds and removes the egress program. Its pins: egress_<program id>, egress_link. */
#include "datapath/egress.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "datapath/flows.h"
#include "egress.skel.h"
#include "host/tc.h"

enum {
	/* our filter in clsact: the last priority but one, so that others come first */
	FILTER_HANDLE = 1,
	FILTER_PRIORITY = 0xfffe,
};

static struct bpf_tc_hook egress_hook(uint32_t ifindex)
{
	return (struct bpf_tc_hook){ .sz = sizeof(struct bpf_tc_hook),
				     .ifindex = (int)ifindex,
				     .attach_point = BPF_TC_EGRESS };
}

/*
 * Returns the id of the program that a TCX link runs on that device (0: any device); 0: it was
 * detached, or its device is gone.
 */
static uint32_t link_program_id(int link_fd, uint32_t ifindex)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);

	/* info.xdp.ifindex is at the offset of info.tcx.ifindex, which older headers lack */
	if (bpf_obj_get_info_by_fd(link_fd, &info, &length) || !info.xdp.ifindex ||
	    (ifindex && info.xdp.ifindex != ifindex))
		return 0;
	return info.prog_id;
}

/* The program of our filter in clsact; 0: none. */
static uint32_t filter_program_id(uint32_t ifindex)
{
	struct bpf_tc_hook hook = egress_hook(ifindex);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);

	return bpf_tc_query(&hook, &options) ? 0 : options.prog_id;
}

uint32_t egress_program_id(const struct datapath *datapath, uint32_t ifindex, bool moved)
{
	_cleanup_close_ int link_fd = pin_open(datapath, ifindex, "egress_link", 0);
	_cleanup_close_ int pinned_fd = -1;
	uint32_t id = 0;

	if (link_fd >= 0)
		id = link_program_id(link_fd, moved ? 0 : ifindex);
	if (!id && !moved)
		id = filter_program_id(ifindex);
	if (!id)
		return 0;
	pinned_fd = pin_open(datapath, ifindex, "egress", id);
	return pinned_fd >= 0 ? id : 0;
}

/* Does the program use these maps? */
static bool uses(const struct datapath *datapath, uint32_t ifindex, uint32_t id,
		 const struct egress_maps *maps)
{
	_cleanup_close_ int fd = pin_open(datapath, ifindex, "egress", id);
	struct program_maps used;

	return fd >= 0 && !program_maps_read(fd, &used) &&
	       program_maps_has(&used, maps->active_fd) && program_maps_has(&used, maps->tables_fd);
}

static void destroy(struct egress **skeleton)
{
	egress__destroy(*skeleton);
}

static int egress_load(const struct egress_maps *maps, struct egress **ret_skeleton,
		       struct error *error)
{
	struct egress *skeleton;
	int r;

	program_quiet();
	skeleton = egress__open();
	if (!skeleton)
		return bpf_error(error, errno, "open the egress program");
	skeleton->rodata->jiffies_per_second = jiffies_per_second();
	r = bpf_map__reuse_fd(skeleton->maps.active, maps->active_fd);
	if (!r)
		r = bpf_map__reuse_fd(skeleton->maps.prefixes4, maps->prefixes_fd[POLICY_IPV4]);
	if (!r)
		r = bpf_map__reuse_fd(skeleton->maps.prefixes6, maps->prefixes_fd[POLICY_IPV6]);
	if (!r)
		r = bpf_map__reuse_fd(skeleton->maps.flow_tables, maps->tables_fd);
	if (!r)
		r = egress__load(skeleton);
	if (r) {
		egress__destroy(skeleton);
		return bpf_error(error, -r, "load the egress program");
	}
	*ret_skeleton = skeleton;
	return 0;
}

/* -EOPNOTSUPP: the kernel has no TCX. */
static int attach_link(const struct datapath *datapath, uint32_t ifindex, int program_fd)
{
	_cleanup_close_ int old_fd = pin_open(datapath, ifindex, "egress_link", 0);
	_cleanup_close_ int fd = -1;
	int r;

	if (old_fd >= 0 && link_program_id(old_fd, ifindex))
		return bpf_link_update(old_fd, program_fd, NULL) ? -errno : 0;
	fd = bpf_link_create(program_fd, (int)ifindex, EGRESS_TCX, NULL);
	if (fd < 0)
		return errno == EINVAL ? -EOPNOTSUPP : -errno;
	pin_remove(datapath, ifindex, "egress_link", 0);
	r = pin_put(datapath, ifindex, "egress_link", 0, fd);
	return r;
}

static int attach_filter(uint32_t ifindex, const char *device, int program_fd, struct error *error)
{
	struct bpf_tc_hook hook = egress_hook(ifindex);
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program_fd, .handle = FILTER_HANDLE,
		    .priority = FILTER_PRIORITY, .flags = BPF_TC_F_REPLACE);
	bool ingress;
	int r = tc_read(ifindex, NULL, NULL, &ingress);

	if (r)
		return bpf_error(error, -r, "read the qdiscs of the interface");
	/* the kernel would accept the filter, but run it at ingress */
	if (ingress)
		return error_set(error, EBUSY, EXIT_FAILED,
				 "%s has an ingress qdisc, which leaves no room for clsact; remove "
				 "it (tc qdisc del dev %s ingress), or use return: socket",
				 device, device);
	r = bpf_tc_hook_create(&hook);
	if (r && r != -EEXIST)
		return bpf_error(error, -r, "add a clsact qdisc");
	r = bpf_tc_attach(&hook, &options);
	return r ? bpf_error(error, -r, "attach the egress program") : 0;
}

int egress_attach(const struct datapath *datapath, uint32_t ifindex, const char *device,
		  const struct egress_maps *maps, bool renew, struct error *error)
{
	struct egress *skeleton __attribute__((cleanup(destroy))) = NULL;
	uint32_t id = egress_program_id(datapath, ifindex, false);
	int program_fd;
	int r;

	if (id && !renew && uses(datapath, ifindex, id, maps))
		return 0;
	r = egress_load(maps, &skeleton, error);
	if (r)
		return r;
	program_fd = bpf_program__fd(skeleton->progs.portsieve_egress);
	r = program_id(program_fd, &id);
	if (!r)
		r = pin_put(datapath, ifindex, "egress", id, program_fd);
	if (r)
		return bpf_error(error, -r, "pin the egress program");
	r = attach_link(datapath, ifindex, program_fd);
	if (r == -EOPNOTSUPP)
		return attach_filter(ifindex, device, program_fd, error);
	return r ? bpf_error(error, -r, "attach the egress program") : 0;
}

int egress_remove(const struct datapath *datapath, uint32_t ifindex)
{
	_cleanup_close_ int link_fd = pin_open(datapath, ifindex, "egress_link", 0);
	uint32_t id = filter_program_id(ifindex);
	_cleanup_close_ int pinned_fd = id ? pin_open(datapath, ifindex, "egress", id) : -1;

	if (link_fd >= 0 && bpf_link_detach(link_fd) && errno != ENOLINK)
		return -errno;
	if (pinned_fd >= 0) { /* the filter is ours */
		struct bpf_tc_hook hook = egress_hook(ifindex);
		LIBBPF_OPTS(bpf_tc_opts, options, .handle = FILTER_HANDLE,
			    .priority = FILTER_PRIORITY);
		int r = bpf_tc_detach(&hook, &options);

		if (r && r != -ENOENT)
			return r;
	}
	return 0;
}

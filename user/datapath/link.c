/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaching by bpf_link, with errors in the user's terms. */
#include "datapath/link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/pins.h"

const char *datapath_mode_name(enum datapath_mode mode)
{
	if (mode == DATAPATH_REPLAY)
		return "replay";
	return mode == DATAPATH_GENERIC ? "generic" : "native";
}

const char *datapath_attach_name(enum datapath_attach attach)
{
	return attach == DATAPATH_DISPATCHER ? "dispatcher" : "link";
}

int occupant_read(uint32_t ifindex, struct occupant *ret_occupant, struct error *error)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	_cleanup_close_ int fd = -1;
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);
	struct occupant occupant = { 0 };
	int r = bpf_xdp_query(ifindex, 0, &query);

	if (r)
		return bpf_error(error, -r, "query the XDP program of the interface");
	if (query.attach_mode == XDP_ATTACHED_SKB) {
		occupant.mode = DATAPATH_GENERIC;
		occupant.program_id = query.skb_prog_id;
	} else if (query.attach_mode != XDP_ATTACHED_NONE) {
		occupant.program_id = query.prog_id	  ? query.prog_id
				      : query.drv_prog_id ? query.drv_prog_id
							  : query.hw_prog_id;
	}
	/* Best effort: reading the name of another's program needs CAP_SYS_ADMIN. */
	if (occupant.program_id)
		fd = bpf_prog_get_fd_by_id(occupant.program_id);
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &length))
		snprintf(occupant.name, sizeof(occupant.name), "%s", info.name);
	*ret_occupant = occupant;
	return 0;
}

int attach_error(struct error *error, const char *device, enum datapath_mode mode, int errnum)
{
	switch (errnum) {
	case EOPNOTSUPP:
		if (mode == DATAPATH_NATIVE)
			return error_set(error, errnum, EXIT_FAILED,
					 "the driver of %s refuses XDP in native mode; with --mode "
					 "generic the kernel runs it, more slowly",
					 device);
		break;
	case ERANGE:
	case EINVAL:
	case EMSGSIZE:
	case ENOSPC:
		return error_set(
			error, errnum, EXIT_FAILED,
			"the driver of %s refuses XDP as it is set up (%s): often because of its "
			"MTU, LRO or queues; to find out: portsieve doctor %s; or use --mode "
			"generic",
			device, strerror(errnum), device);
	case EBUSY:
	case EEXIST:
		return error_set(
			error, errnum, EXIT_FAILED,
			"another XDP program was attached to %s in the meantime; to see it: ip "
			"link show dev %s",
			device, device);
	default:
		break;
	}
	return bpf_error(error, errnum, "attach the program");
}

int link_attach(uint32_t ifindex, const char *device, int program_fd, enum datapath_mode *mode,
		int *ret_link_fd, struct error *error)
{
	enum datapath_mode tried = *mode == DATAPATH_MODE_AUTO ? DATAPATH_NATIVE : *mode;

	while (true) {
		LIBBPF_OPTS(bpf_link_create_opts, options,
			    .flags = tried == DATAPATH_GENERIC ? XDP_FLAGS_SKB_MODE
							       : XDP_FLAGS_DRV_MODE);
		int fd = bpf_link_create(program_fd, (int)ifindex, BPF_XDP, &options);

		if (fd >= 0) {
			*ret_link_fd = fd;
			*mode = tried;
			return 0;
		}
		if (*mode != DATAPATH_MODE_AUTO || tried == DATAPATH_GENERIC || errno == EPERM)
			return attach_error(error, device, tried, errno);
		tried = DATAPATH_GENERIC;
	}
}

int link_replace(int link_fd, int program_fd, struct error *error)
{
	if (bpf_link_update(link_fd, program_fd, NULL))
		return bpf_error(error, errno, "replace the program");
	return 0;
}

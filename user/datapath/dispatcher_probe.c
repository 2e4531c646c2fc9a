/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is libxdp's dispatcher available? Tries what libxdp does: no version number tells. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "base/cleanup.h"
#include "datapath/dispatcher.h"
#include "datapath/pins.h"
#include "datapath/program.h"
#include "freplace_probe.skel.h"

static void destroy(struct freplace_probe **skeleton)
{
	freplace_probe__destroy(*skeleton);
}

#define _cleanup_probe_ __attribute__((cleanup(destroy)))

/* Loads a plain XDP program with one replaceable function; every kernel should accept it. */
static int load_target(struct freplace_probe **ret_skeleton, struct error *error)
{
	_cleanup_probe_ struct freplace_probe *skeleton = freplace_probe__open();
	int r;

	if (!skeleton)
		return bpf_error(error, errno, "load an XDP program");
	r = bpf_program__set_autoload(skeleton->progs.replaceable, true);
	if (!r)
		r = freplace_probe__load(skeleton);
	if (r)
		return bpf_error(error, -r, "load an XDP program");
	*ret_skeleton = TAKE_PTR(skeleton);
	return 0;
}

static int replace_function(int target_fd)
{
	_cleanup_probe_ struct freplace_probe *skeleton = freplace_probe__open();
	struct bpf_program *program;
	struct bpf_link *link;
	int r;

	if (!skeleton)
		return -errno;
	program = skeleton->progs.replacement;
	r = bpf_program__set_attach_target(program, target_fd, "replaceable");
	if (r)
		return r;
	r = bpf_program__set_autoload(program, true);
	if (r)
		return r;
	r = freplace_probe__load(skeleton);
	if (r)
		return r;
	link = bpf_program__attach_freplace(program, target_fd, "replaceable");
	if (!link)
		return -errno;
	bpf_link__destroy(link);
	return 0;
}

static int probe_freplace(struct error *error)
{
	_cleanup_probe_ struct freplace_probe *target = NULL;
	_cleanup_close_ int fd = -1;
	uint32_t id;
	int target_fd, r = load_target(&target, error);

	if (r)
		return r;
	/* libxdp looks up programs and their BTF by id, which needs CAP_SYS_ADMIN. */
	target_fd = bpf_program__fd(target->progs.replaceable);
	r = program_id(target_fd, &id);
	if (!r) {
		fd = bpf_prog_get_fd_by_id(id);
		r = fd < 0 ? -errno : 0;
	}
	if (r)
		return error_set(
			error, -r, EXIT_FAILED,
			"libxdp's dispatcher needs CAP_SYS_ADMIN, to inspect other programs");
	r = replace_function(target_fd);
	if (r == -ENOMEM || r == -EMFILE ||
	    r == -ENFILE) /* a limit of this process, not a missing feature */
		return error_set(error, -r, EXIT_FAILED,
				 "cannot find out whether this kernel can replace functions of BPF "
				 "programs, which libxdp's dispatcher needs: %s",
				 strerror(-r));
	if (r)
		return error_set(error, -r, EXIT_FAILED,
				 "this kernel refuses to replace functions of BPF programs "
				 "(freplace: %s), which libxdp's dispatcher needs",
				 strerror(-r));
	return 0;
}

int dispatcher_supported(struct error *error)
{
	struct xdp_program *object;
	int r;

	program_quiet();
	r = probe_freplace(error);
	if (r)
		return r;
	object = xdp_program__find_file("xdp-dispatcher.o", "xdp", NULL);
	r = (int)libxdp_get_error(object);
	if (r)
		return error_set(error, -r, EXIT_FAILED,
				 "libxdp cannot find xdp-dispatcher.o (%s); install the package "
				 "libxdp1",
				 strerror(-r));
	xdp_program__close(object);
	return 0;
}

int dispatcher_available(struct error *error)
{
	char folder[DISPATCHER_PATH_MAX];
	int r = dispatcher_supported(error);

	if (r)
		return r;
	/* libxdp creates its folder on first use. */
	dispatcher_folder(folder);
	if (mkdir(folder, 0700) && errno != EEXIST)
		return error_set(error, errno, EXIT_FAILED,
				 "cannot make %s, where libxdp's dispatcher keeps its pins: %s",
				 folder, strerror(errno));
	if (access(folder, R_OK | W_OK | X_OK))
		return error_set(
			error, errno, EXIT_FAILED,
			"cannot write to %s, where libxdp's dispatcher keeps its pins: %s; "
			"use --attach link",
			folder, strerror(errno));
	return 0;
}

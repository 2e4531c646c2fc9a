/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes features instead of comparing versions: distribution kernels have backports. */
#include "datapath/features.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "datapath/dispatcher.h"
#include "datapath/link.h"
#include "datapath/program.h"

#define TCX_INGRESS ((enum bpf_attach_type)46) /* not in libbpf 1.1 */

enum { LOOPBACK = 1 /* its ifindex in every network namespace */ };

/* Loads a program that returns 0 (XDP_ABORTED, TC_ACT_OK); it is never run. */
static int load_empty(enum bpf_prog_type type)
{
	static const struct bpf_insn instructions[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, NULL, "GPL", instructions, ARRAY_SIZE(instructions), NULL);
}

/*
 * The loopback device has no native XDP: a kernel with XDP links refuses one for that reason, one
 * without them as an invalid argument.
 */
static bool has_links(void)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	_cleanup_close_ int program_fd = load_empty(BPF_PROG_TYPE_XDP);
	_cleanup_close_ int link_fd = -1;

	if (program_fd < 0)
		return false;
	link_fd = bpf_link_create(program_fd, LOOPBACK, BPF_XDP, &options);
	return link_fd >= 0 || errno != EINVAL;
}

/* Names a device that does not exist: only a kernel with TCX looks it up. */
static bool has_tcx(void)
{
	_cleanup_close_ int program_fd = load_empty(BPF_PROG_TYPE_SCHED_CLS);
	_cleanup_close_ int link_fd = -1;

	if (program_fd < 0)
		return false;
	link_fd = bpf_link_create(program_fd, INT_MAX, TCX_INGRESS, NULL);
	return link_fd < 0 && errno == ENODEV;
}

static bool has_batches(void)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	_cleanup_close_ int map_fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, NULL, sizeof(__u32),
						    sizeof(__u64), 1, NULL);
	_cleanup_free_ __u64 *values = NULL;
	int cpus = libbpf_num_possible_cpus();
	__u32 key = 0, count = 1;

	if (map_fd < 0 || cpus <= 0)
		return false;
	values = calloc((size_t)cpus, sizeof(*values));
	return values && !bpf_map_update_batch(map_fd, &key, values, &count, &options);
}

void datapath_features_read(struct datapath_features *ret_features)
{
	struct program_options options = { .counters_fd = -1,
					   .counters_rows = PORTSIEVE_COUNTER_POOL,
					   .active_fd = -1,
					   .prefixes_fd = { -1, -1 },
					   .tables_fd = -1,
					   .turn_fd = -1,
					   .seen_fd = -1 };
	_cleanup_program_ struct program program = { 0 };
	struct datapath_features *features = ret_features;
	_cleanup_close_ int empty_fd = -1;

	*features = (struct datapath_features){ .memory_bytes = datapath_memory_minimum() };
	program_quiet();
	features->load_errnum = -program_load(&options, &program, &features->load_error);
	empty_fd = load_empty(BPF_PROG_TYPE_XDP);
	features->known = empty_fd >= 0;
	if (!features->known)
		return;
	features->links = has_links();
	features->frags = program_has_buffers();
	features->batches = has_batches();
	features->tcx = has_tcx();
	features->dispatcher_errnum = -dispatcher_supported(&features->dispatcher_error);
}

/*
 * The id of the link that holds a program on an interface; 0: none or ambiguous. An interface in
 * another network namespace may have the same ifindex, even with the same program.
 */
static uint32_t find_link(uint32_t ifindex, uint32_t program_id)
{
	uint32_t id = 0, found = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		_cleanup_close_ int fd = bpf_link_get_fd_by_id(id);
		struct bpf_link_info info = { 0 };
		__u32 length = sizeof(info);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) ||
		    info.type != BPF_LINK_TYPE_XDP || info.xdp.ifindex != ifindex ||
		    info.prog_id != program_id)
			continue;
		if (found)
			return 0;
		found = id;
	}
	return found;
}

int datapath_occupant_read(uint32_t ifindex, struct datapath_occupant *ret_occupant)
{
	struct datapath_occupant result = { 0 };
	struct occupant occupant = { 0 };
	int r = occupant_read(ifindex, &occupant, NULL);

	if (r)
		return r;
	if (occupant.program_id) {
		result.program_id = occupant.program_id;
		result.generic = occupant.mode == DATAPATH_GENERIC;
		snprintf(result.name, sizeof(result.name), "%s", occupant.name);
		result.link_id = find_link(ifindex, occupant.program_id);
		if (!dispatcher_is_on(ifindex, result.members, sizeof(result.members)))
			result.members[0] = '\0';
		dispatcher_name_single_buffer(ifindex, result.single_buffer,
					      sizeof(result.single_buffer));
	}
	*ret_occupant = result;
	return 0;
}

size_t datapath_other_namespaces(void)
{
	_cleanup_closedir_ DIR *folders = directory_open(-1, "/sys/fs/bpf/portsieve");
	struct stat own = { 0 };
	struct dirent *entry;
	size_t others = 0;

	stat("/proc/self/ns/net", &own);
	while (folders && (entry = readdir(folders))) {
		unsigned long inode = strtoul(entry->d_name, NULL, 10);

		others += inode && inode != own.st_ino;
	}
	return others;
}

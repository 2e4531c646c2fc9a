/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded before libbpf (LD_PRELOAD), it does one thing wrong that portsieve does right, named by
 * the environment variable SPOIL. The campaign must find each.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/if_link.h>
#include <portsieve/abi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK  "/sys/fs/bpf/lock"
#define LINKS "/sys/fs/bpf/portsieve"

static bool spoils(const char *what)
{
	const char *asked = getenv("SPOIL");

	return asked && !strcmp(asked, what);
}

#define REAL(function) ((typeof(&function))dlsym(RTLD_NEXT, #function))

/* late-pins: the pins of a policy are put after it is in force, not before. */
enum { LATE_MAX = 16 };
static struct {
	int fd;
	char *path;
} late[LATE_MAX];
static int late_count;

static bool is_of_policy(const char *path)
{
	return strstr(path, "/image_") || strstr(path, "/text_") || strstr(path, "/trie");
}

/* orphans: each image is pinned a second time, where nobody looks for it. */
static void pin_again(int fd, const char *path)
{
	char other[64];
	const char *image = strstr(path, "/image_");

	if (!image)
		return;
	snprintf(other, sizeof(other), "/sys/fs/bpf%s", image);
	REAL(bpf_obj_pin)(fd, other);
}

int bpf_obj_pin(int fd, const char *path)
{
	if (spoils("orphans"))
		pin_again(fd, path);
	if (spoils("late-pins") && is_of_policy(path) && late_count < LATE_MAX) {
		late[late_count].fd = dup(fd);
		late[late_count++].path = strdup(path);
		return 0;
	}
	return REAL(bpf_obj_pin)(fd, path);
}

static bool is_slots(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &length) && !strcmp(info.name, "active");
}

/* late-flows: flows that are open are learned after the policy is in force, not before. */
static struct {
	int fd;
	struct portsieve_flow_key key;
	struct portsieve_flow flow;
} late_flows[LATE_MAX];
static int late_flow_count;

static bool is_flows(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &length) && !strcmp(info.name, "portsieve_flows");
}

static void keep_flow(int fd, const void *key, const void *flow)
{
	late_flows[late_flow_count].fd = dup(fd);
	memcpy(&late_flows[late_flow_count].key, key, sizeof(late_flows[0].key));
	memcpy(&late_flows[late_flow_count++].flow, flow, sizeof(late_flows[0].flow));
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	int r;

	if (spoils("late-flows") && late_flow_count < LATE_MAX && is_flows(fd)) {
		keep_flow(fd, key, value);
		return 0;
	}
	r = REAL(bpf_map_update_elem)(fd, key, value, flags);
	if (late_flow_count && is_slots(fd))
		while (late_flow_count)
			late_flow_count--, REAL(bpf_map_update_elem)(
						   late_flows[late_flow_count].fd,
						   &late_flows[late_flow_count].key,
						   &late_flows[late_flow_count].flow, BPF_ANY);
	if (late_count && is_slots(fd))
		while (late_count)
			late_count--, REAL(bpf_obj_pin)(late[late_count].fd, late[late_count].path);
	return spoils("deaf") ? 0 : r; /* deaf: that the kernel refused it is not noticed */
}

/* forgets: rows that change hands lose what they had counted. */
int bpf_map_update_batch(int fd, const void *keys, const void *values, __u32 *count,
			 const struct bpf_map_batch_opts *options)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	void *zeros;
	int r;

	if (!spoils("forgets") || bpf_obj_get_info_by_fd(fd, &info, &length))
		return REAL(bpf_map_update_batch)(fd, keys, values, count, options);
	zeros = calloc(*count * 1024UL, info.value_size);
	r = REAL(bpf_map_update_batch)(fd, keys, zeros, count, options);
	free(zeros);
	return r;
}

/* lock-file: a lock that outlives the process. no-lock: none. */
static void unlock(void)
{
	rmdir(LOCK);
}

int flock(int fd, int operation)
{
	if (spoils("no-lock"))
		return 0;
	if (!spoils("lock-file"))
		return REAL(flock)(fd, operation);
	if (mkdir(LOCK, 0700)) {
		errno = EWOULDBLOCK;
		return -1;
	}
	return atexit(unlock);
}

/* gap: a program is taken off before the other is put on. */
static void pin_in_place_of(__u32 ifindex, int fd)
{
	DIR *networks = opendir(LINKS);
	struct dirent *network;

	while (networks && (network = readdir(networks))) {
		char path[512];

		snprintf(path, sizeof(path), LINKS "/%s/%u/link", network->d_name, ifindex);
		if (network->d_name[0] != '.' && !unlink(path))
			REAL(bpf_obj_pin)(fd, path);
	}
	if (networks)
		closedir(networks);
}

int bpf_link_update(int link_fd, int program_fd, const struct bpf_link_update_opts *options)
{
	LIBBPF_OPTS(bpf_link_create_opts, create, .flags = XDP_FLAGS_DRV_MODE);
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);
	int fd;

	if (!spoils("gap") || bpf_obj_get_info_by_fd(link_fd, &info, &length))
		return REAL(bpf_link_update)(link_fd, program_fd, options);
	if (bpf_link_detach(link_fd))
		return -1;
	fd = bpf_link_create(program_fd, (int)info.xdp.ifindex, BPF_XDP, &create);
	if (fd < 0)
		return -1;
	pin_in_place_of(info.xdp.ifindex, fd);
	return 0;
}

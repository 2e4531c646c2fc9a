/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups (version 2): from the id of a socket's cgroup to a unit or a container. */
#ifndef PORTSIEVE_CGROUP_H
#define PORTSIEVE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a cgroup stands for. */
struct cgroup_name {
	char text[64]; /* "nginx.service", a container's name or short id; "": unknown */
	bool container;
};

/* Opens the directory where cgroup2 is mounted; the caller closes it. -ENOENT: not mounted. */
int cgroup_root_open(void);

/*
 * Writes the path of the cgroup below the mount, "/system.slice/nginx.service", cut to `size`
 * bytes. Needs CAP_DAC_READ_SEARCH. -ESTALE: the cgroup is gone, or not below the mount.
 */
int cgroup_path_read(int root_fd, uint64_t id, char *path, size_t size);

/* Receives the id of a cgroup and its path below the mount. */
typedef void cgroup_take_fn(uint64_t id, const char *path, void *context);

/*
 * Calls `take` for the cgroups below the mount, at most 4096 of them. Needs no privileges, but
 * reads one directory per cgroup.
 */
void cgroup_walk(int root_fd, cgroup_take_fn *take, void *context);

/*
 * The innermost container (Docker, Podman, CRI-O, containerd, LXC) or systemd unit that a path
 * names. Container ids are cut to 12 digits, as the tools show them. Pure.
 */
struct cgroup_name cgroup_name_of_path(const char *path);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks up the paths of cgroups by id, and unit and container names by path. */
#include "host/cgroup.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	HANDLE_KERNFS = 0xfe, /* FILEID_KERNFS of the kernel's exportfs.h */
	ID_DIGITS = 64,	      /* in a container's id */
	ID_DIGITS_SHOWN = 12,
	WALK_DEPTH = 16,
	WALK_MAX = 4096, /* cgroups */
};

int cgroup_root_open(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *mount;
	int fd = -ENOENT;

	while (mounts && fd < 0 && (mount = getmntent(mounts)))
		if (!strcmp(mount->mnt_type, "cgroup2")) {
			fd = open(mount->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			fd = fd < 0 ? -errno : fd;
		}
	if (mounts)
		endmntent(mounts);
	return fd;
}

static int path_of(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, size - 1);
	if (length < 0)
		return -errno;
	path[length] = '\0';
	return 0;
}

int cgroup_path_read(int root_fd, uint64_t id, char *path, size_t size)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} file = { .handle = { .handle_bytes = sizeof(id), .handle_type = HANDLE_KERNFS } };
	_cleanup_close_ int fd = -1;
	char root[PATH_MAX], whole[PATH_MAX];
	size_t root_length;
	int r;

	memcpy(file.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(root_fd, &file.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = path_of(root_fd, root, sizeof(root)) ?: path_of(fd, whole, sizeof(whole));
	if (r)
		return r;
	root_length = strlen(root);
	if (strncmp(whole, root, root_length))
		return -ESTALE;
	snprintf(path, size, "%s", whole[root_length] ? whole + root_length : "/");
	return 0;
}

struct walk {
	cgroup_take_fn *take;
	void *context;
	unsigned int left;
	char path[PATH_MAX];
};

/* Walks the cgroups in a directory. Closes fd. */
static void walk_directory(struct walk *walk, int fd, size_t length, unsigned int depth)
{
	_cleanup_closedir_ DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	struct stat status;

	if (!directory) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(directory)) && walk->left) {
		size_t room = sizeof(walk->path) - length;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    (size_t)snprintf(walk->path + length, room, "/%s", entry->d_name) >= room)
			continue;
		if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW))
			continue;
		walk->left--;
		walk->take(status.st_ino, walk->path, walk->context); /* kernfs: the id */
		if (depth < WALK_DEPTH)
			walk_directory(walk,
				       openat(dirfd(directory), entry->d_name,
					      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
				       length + strlen(entry->d_name) + 1, depth + 1);
	}
}

void cgroup_walk(int root_fd, cgroup_take_fn *take, void *context)
{
	struct walk walk = { .take = take, .context = context, .left = WALK_MAX };

	walk_directory(&walk, openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, 0);
}

/* Returns where the 64-digit container id at the end of the part begins, or NULL. */
static const char *find_id(const char *part, size_t length)
{
	const char *id = part + length - ID_DIGITS;

	if (length < ID_DIGITS || strspn(id, "0123456789abcdef") < ID_DIGITS)
		return NULL;
	return id == part || id[-1] == '-' ? id : NULL;
}

static bool ends_with(const char *part, size_t length, const char *end)
{
	size_t end_length = strlen(end);

	return length > end_length && !memcmp(part + length - end_length, end, end_length);
}

/* Sets the name if this part of the path names a container or a unit. */
static void name_part(const char *part, size_t length, const char *before, struct cgroup_name *name)
{
	static const char *const units[] = { ".service", ".socket", ".scope", ".mount", ".swap" };
	static const char payload[] = "lxc.payload.", machine[] = "machine-";
	size_t stem = length - (ends_with(part, length, ".scope") ? strlen(".scope") : 0);
	const char *id = find_id(part, stem);
	bool container = true, unit = false;

	if (id) {
		part = id;
		length = ID_DIGITS_SHOWN;
	} else if (!strncmp(part, payload, sizeof(payload) - 1)) {
		part += sizeof(payload) - 1;
		length -= sizeof(payload) - 1;
	} else if (!strncmp(part, machine, sizeof(machine) - 1) && stem < length) {
		part += sizeof(machine) - 1;
		length = stem - (sizeof(machine) - 1);
	} else if (!strcmp(before, "lxc")) {
		;
	} else {
		container = false;
		for (size_t i = 0; i < ARRAY_SIZE(units); i++)
			unit = unit || ends_with(part, length, units[i]);
		if (!unit)
			return;
	}
	/* units inside a container belong to it */
	if (!container && name->container)
		return;
	name->container = container;
	snprintf(name->text, sizeof(name->text), "%.*s", (int)length, part);
}

struct cgroup_name cgroup_name_of_path(const char *path)
{
	struct cgroup_name name = { 0 };
	char before[8] = "";

	for (const char *part = path + strspn(path, "/"); *part; part += strspn(part, "/")) {
		size_t length = strcspn(part, "/");

		name_part(part, length, before, &name);
		snprintf(before, sizeof(before), "%.*s", length < sizeof(before) ? (int)length : 0,
			 part);
		part += length;
	}
	return name;
}

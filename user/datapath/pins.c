/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folders of pins; see datapath.h for their contents. */
#include "datapath/pins.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "datapath/view.h"

enum { PIN_PATH_MAX = 256 };

const char *const trie_kinds[TRIE_FAMILIES] = {
	[POLICY_IPV4] = "trie4",
	[POLICY_IPV6] = "trie6",
};

const char *const prefixes_kinds[TRIE_FAMILIES] = {
	[POLICY_IPV4] = "prefixes4",
	[POLICY_IPV6] = "prefixes6",
};

const char *const event_kinds[EVENT_MAPS] = {
	[EVENT_SLOTS] = "event_slots",
	[EVENT_HEADS] = "event_heads",
	[EVENT_CONTROL] = "event_control",
};

int bpf_error(struct error *error, int errnum, const char *tried)
{
	if (errnum == EPERM || errnum == EACCES)
		return error_set(error, errnum, EXIT_NOT_PERMITTED,
				 "not permitted to %s; run as root, or with CAP_BPF, CAP_NET_ADMIN "
				 "and CAP_PERFMON",
				 tried);
	if (errnum == EROFS)
		return error_set(error, errnum, EXIT_FAILED,
				 "cannot %s: /sys/fs/bpf is mounted read-only; what is loaded "
				 "keeps filtering; mount -o remount,rw /sys/fs/bpf",
				 tried);
	return error_set(error, errnum, EXIT_FAILED, "cannot %s: %s", tried, strerror(errnum));
}

static void device_path(const struct datapath *datapath, uint32_t ifindex, char path[PIN_PATH_MAX])
{
	snprintf(path, PIN_PATH_MAX, "%s/%u", datapath->directory, ifindex);
}

static void pin_name(const char *kind, uint32_t id, char name[PIN_NAME_MAX])
{
	if (id)
		snprintf(name, PIN_NAME_MAX, "%s_%u", kind, id);
	else
		snprintf(name, PIN_NAME_MAX, "%s", kind);
}

static void pin_path(const struct datapath *datapath, uint32_t ifindex, const char *kind,
		     uint32_t id, char path[PIN_PATH_MAX])
{
	char name[PIN_NAME_MAX];

	pin_name(kind, id, name);
	snprintf(path, PIN_PATH_MAX, "%s/%u/%s", datapath->directory, ifindex, name);
}

/*
 * Type numbers overlap between maps, programs and links, so this asks for the kernel's name of the
 * kind.
 */
static bool is_object(int fd, enum pin_object object)
{
	static const char *const names[] = {
		[PIN_MAP] = "anon_inode:bpf-map",
		[PIN_PROGRAM] = "anon_inode:bpf-prog",
		[PIN_LINK] = "anon_inode:bpf-link",
	};
	char path[32], name[32];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, name, sizeof(name));
	return length == (ssize_t)strlen(names[object]) && !memcmp(name, names[object], length);
}

/* read_only: for maps that the caller may only read. */
static int open_object(const char *path, enum pin_object object, bool read_only)
{
	LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = read_only ? BPF_F_RDONLY : 0);
	int mode = read_only ? R_OK : R_OK | W_OK;
	_cleanup_close_ int fd = -1;
	struct stat status;

	if (lstat(path, &status))
		return errno == ENOTDIR ? -EUCLEAN : -errno;
	if (!S_ISREG(status.st_mode))
		return -EUCLEAN;
	fd = bpf_obj_get_opts(path, &options);
	if (fd < 0) /* -EACCES on an accessible file: not a pin, but something mounted there */
		return errno == EACCES && !access(path, mode) ? -EUCLEAN : -errno;
	return is_object(fd, object) ? TAKE_FD(fd) : -EUCLEAN;
}

int pin_open_path(const char *path, enum pin_object object)
{
	return open_object(path, object, false);
}

/* Is something else in the place of the device's folder? */
static bool is_no_folder(const struct datapath *datapath, uint32_t ifindex)
{
	char path[PIN_PATH_MAX];
	struct stat folder;

	device_path(datapath, ifindex, path);
	return !lstat(path, &folder) && !S_ISDIR(folder.st_mode);
}

int pin_open(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id)
{
	char path[PIN_PATH_MAX];

	if (is_no_folder(datapath, ifindex))
		return -EUCLEAN;
	pin_path(datapath, ifindex, kind, id, path);
	if (!strcmp(kind, "link") || !strcmp(kind, "egress_link"))
		return pin_open_path(path, PIN_LINK);
	if (!strcmp(kind, "program") || !strcmp(kind, "egress"))
		return pin_open_path(path, PIN_PROGRAM);
	return open_object(path, PIN_MAP, datapath->is_view);
}

int pin_put(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id,
	    int fd)
{
	char path[PIN_PATH_MAX], name[PIN_NAME_MAX];

	pin_path(datapath, ifindex, kind, id, path);
	if (bpf_obj_pin(fd, path) && !(errno == EEXIST && strcmp(kind, "link") != 0))
		return -errno;
	pin_name(kind, id, name);
	view_put(datapath, ifindex, name, fd);
	return 0;
}

int pin_mark(const struct datapath *datapath, uint32_t ifindex, const char *kind, const char *mark)
{
	_cleanup_close_ int fd = pin_open(datapath, ifindex, kind, 0);

	return fd < 0 ? fd : pin_put(datapath, ifindex, mark, 0, fd);
}

int map_id(int map_fd, uint32_t *ret_id)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(map_fd, &info, &length))
		return -errno;
	*ret_id = info.id;
	return 0;
}

bool map_has_id(int map_fd, uint32_t id)
{
	uint32_t found = 0;

	return !map_id(map_fd, &found) && found == id;
}

int program_id(int program_fd, uint32_t *ret_id)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(program_fd, &info, &length))
		return -errno;
	*ret_id = info.id;
	return 0;
}

int program_maps_read(int program_fd, struct program_maps *ret_maps)
{
	struct program_maps maps = { 0 };
	struct bpf_prog_info info = { .map_ids = (uintptr_t)maps.ids,
				      .nr_map_ids = PROGRAM_MAPS_MAX };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(program_fd, &info, &length))
		return -errno;
	maps.program_id = info.id;
	maps.count = info.nr_map_ids < PROGRAM_MAPS_MAX ? info.nr_map_ids : PROGRAM_MAPS_MAX;
	*ret_maps = maps;
	return 0;
}

bool program_maps_has(const struct program_maps *maps, int map_fd)
{
	uint32_t id = 0;

	if (map_id(map_fd, &id))
		return false;
	for (uint32_t i = 0; i < maps->count; i++)
		if (maps->ids[i] == id)
			return true;
	return false;
}

void program_maps_list(const struct datapath *datapath, uint32_t ifindex, struct program_maps *maps)
{
	_cleanup_closedir_ DIR *directory = NULL;
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	size_t length = 1;

	device_path(datapath, ifindex, path);
	directory = directory_open(AT_FDCWD, path);
	if (!directory)
		return;
	strcpy(maps->pins, "/");
	while ((entry = readdir(directory))) {
		length += (size_t)snprintf(maps->pins + length, sizeof(maps->pins) - length, "%s/",
					   entry->d_name);
		if (length >= sizeof(maps->pins)) {
			maps->pins[0] = '\0';
			return;
		}
	}
}

static bool may_be_pinned(const struct program_maps *maps, const char *kind, uint32_t id)
{
	char name[PIN_NAME_MAX + 2];

	snprintf(name, sizeof(name), "/%s_%u/", kind, id);
	return !maps->pins[0] || strstr(maps->pins, name);
}

int program_maps_open(const struct datapath *datapath, uint32_t ifindex,
		      const struct program_maps *maps, const char *kind, uint32_t *ret_id)
{
	if (is_no_folder(datapath, ifindex))
		return -EUCLEAN;
	for (uint32_t i = 0; i < maps->count; i++) {
		_cleanup_close_ int fd = -1;
		char path[PIN_PATH_MAX];
		uint32_t id = 0;
		int r;

		if (!may_be_pinned(maps, kind, maps->ids[i]))
			continue;
		pin_path(datapath, ifindex, kind, maps->ids[i], path);
		fd = open_object(path, PIN_MAP, datapath->is_view);
		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return fd;
		r = map_id(fd, &id);
		if (r)
			return r;
		if (id != maps->ids[i])
			return -EUCLEAN;
		*ret_id = maps->ids[i];
		return TAKE_FD(fd);
	}
	return -ENOENT;
}

bool program_is_own(const struct datapath *datapath, uint32_t ifindex, int program_fd)
{
	_cleanup_close_ int active_fd = -1, counters_fd = -1;
	struct program_maps maps = { 0 };
	uint32_t id;

	if (program_maps_read(program_fd, &maps))
		return false;
	active_fd = program_maps_open(datapath, ifindex, &maps, "active", &id);
	if (active_fd >= 0)
		return true;
	counters_fd = pin_open(datapath, ifindex, "counters", 0);
	return counters_fd >= 0 && program_maps_has(&maps, counters_fd);
}

int pin_replace(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id,
		int fd)
{
	char path[PIN_PATH_MAX], next[PIN_PATH_MAX + 5];

	pin_path(datapath, ifindex, kind, id, path);
	snprintf(next, sizeof(next), "%s_next", path);
	unlink(next);
	if (bpf_obj_pin(fd, next))
		return -errno;
	if (!rename(next, path))
		return 0;
	unlink(next);
	return -errno;
}

void pin_remove(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id)
{
	char path[PIN_PATH_MAX];

	pin_path(datapath, ifindex, kind, id, path);
	unlink(path);
}

int pins_make_directory(const struct datapath *datapath, uint32_t ifindex, struct error *error)
{
	char path[PIN_PATH_MAX];

	device_path(datapath, ifindex, path);
	if ((!mkdir(datapath->directory, 0700) || errno == EEXIST) &&
	    (!mkdir(path, 0700) || errno == EEXIST))
		return 0;
	if (errno == EROFS)
		return bpf_error(error, errno, "make a folder of pins");
	return error_set(error, errno, errno == EACCES ? EXIT_NOT_PERMITTED : EXIT_FAILED,
			 "cannot make %s: %s", path, strerror(errno));
}

DIR *directory_open(int parent_fd, const char *path)
{
	_cleanup_close_ int fd =
		openat(parent_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (directory)
		fd = -1;
	return directory;
}

/* Removes all entries of a directory except `names`; directories only if `trees`. */
static int remove_entries(DIR *directory, char names[][PIN_NAME_MAX], size_t count, bool trees)
{
	struct dirent *entry;
	int r = 0;

	while ((entry = readdir(directory))) {
		bool keep = entry->d_name[0] == '.';
		int removed;

		for (size_t i = 0; !keep && i < count; i++)
			keep = !strcmp(names[i], entry->d_name);
		if (keep)
			continue;
		/*
		 * Rewinds: what readdir() returns after a change is unspecified. A pin that cannot
		 * be removed does not stop the loop.
		 */
		if (!trees)
			removed = unlinkat(dirfd(directory), entry->d_name, 0) ? -errno : 0;
		else
			removed = tree_remove(dirfd(directory), entry->d_name);
		if (!removed)
			rewinddir(directory);
		else if (removed != -ENOENT)
			r = removed;
	}
	return r;
}

int tree_remove(int parent_fd, const char *path)
{
	_cleanup_closedir_ DIR *directory = NULL;
	int r;

	if (!unlinkat(parent_fd, path, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return -errno;
	directory = directory_open(parent_fd, path);
	if (!directory)
		return -errno;
	r = remove_entries(directory, NULL, 0, true);
	return !r && unlinkat(parent_fd, path, AT_REMOVEDIR) ? -errno : r;
}

static int keep_only(const char *path, char names[][PIN_NAME_MAX], size_t count, bool trees)
{
	_cleanup_closedir_ DIR *directory = directory_open(AT_FDCWD, path);

	if (!directory)
		return errno == ENOENT ? 0 : -errno;
	return remove_entries(directory, names, count, trees);
}

int pins_remove_others(const struct datapath *datapath, uint32_t ifindex,
		       char names[][PIN_NAME_MAX], size_t count)
{
	char path[PIN_PATH_MAX];

	device_path(datapath, ifindex, path);
	return keep_only(path, names, count, false);
}

int pins_remove_others_in(const char *path, char names[][PIN_NAME_MAX], size_t count)
{
	return keep_only(path, names, count, true);
}

int pins_remove_all(const struct datapath *datapath, uint32_t ifindex, struct error *error)
{
	char path[PIN_PATH_MAX];
	int r;

	device_path(datapath, ifindex, path);
	r = tree_remove(AT_FDCWD, path);
	if (r)
		return error_set(error, -r, EXIT_FAILED, "cannot remove %s: %s", path,
				 strerror(-r));
	rmdir(datapath->directory); /* fails while another device is loaded */
	return 0;
}

static int compare_ifindexes(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return (a > b) - (a < b);
}

int pins_list(const struct datapath *datapath, uint32_t **ret_ifindexes, size_t *ret_count,
	      struct error *error)
{
	_cleanup_closedir_ DIR *directory = directory_open(AT_FDCWD, datapath->directory);
	_cleanup_free_ uint32_t *ifindexes = NULL;
	struct dirent *entry;
	size_t count = 0;

	if (!directory && errno != ENOENT)
		return error_set(error, errno, errno == EACCES ? EXIT_NOT_PERMITTED : EXIT_FAILED,
				 "cannot read %s: %s%s", datapath->directory, strerror(errno),
				 errno == EACCES ? "; run as root" : "");
	while (directory && (entry = readdir(directory))) {
		uint32_t ifindex = strtoul(entry->d_name, NULL, 10), *larger;
		char name[16];

		snprintf(name, sizeof(name), "%u", ifindex);
		if (!ifindex || strcmp(name, entry->d_name) != 0)
			continue;
		larger = array_room(ifindexes, count, sizeof(*ifindexes));
		if (!larger)
			return error_no_memory(error);
		ifindexes = larger;
		ifindexes[count++] = ifindex;
	}
	if (count)
		qsort(ifindexes, count, sizeof(*ifindexes), compare_ifindexes);
	*ret_ifindexes = TAKE_PTR(ifindexes);
	*ret_count = count;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folders of pins: paths, opening, putting, removing. See datapath.h for what is in them. */
#include "datapath_pins.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"

enum { PIN_PATH_MAX = 256 };

int bpf_error(struct error *error, int errnum, const char *tried)
{
	if (errnum == EPERM || errnum == EACCES)
		return error_set(error, errnum, EXIT_NOT_PERMITTED,
				 "not permitted to %s; run as root, or with CAP_BPF, CAP_NET_ADMIN "
				 "and CAP_PERFMON",
				 tried);
	return error_set(error, errnum, EXIT_FAILED, "cannot %s: %s", tried, strerror(errnum));
}

static void device_path(const struct datapath *datapath, uint32_t ifindex, char path[PIN_PATH_MAX])
{
	snprintf(path, PIN_PATH_MAX, "%s/%u", datapath->directory, ifindex);
}

static void pin_path(const struct datapath *datapath, uint32_t ifindex, const char *kind,
		     uint32_t id, char path[PIN_PATH_MAX])
{
	if (id)
		snprintf(path, PIN_PATH_MAX, "%s/%u/%s_%u", datapath->directory, ifindex, kind, id);
	else
		snprintf(path, PIN_PATH_MAX, "%s/%u/%s", datapath->directory, ifindex, kind);
}

int pin_open(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id)
{
	char path[PIN_PATH_MAX];
	int fd;

	pin_path(datapath, ifindex, kind, id, path);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int pin_put(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id,
	    int fd)
{
	char path[PIN_PATH_MAX];

	pin_path(datapath, ifindex, kind, id, path);
	if (bpf_obj_pin(fd, path) && !(errno == EEXIST && strcmp(kind, "link") != 0))
		return -errno;
	return 0;
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

int program_id(int program_fd, uint32_t *ret_id)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(program_fd, &info, &length))
		return -errno;
	*ret_id = info.id;
	return 0;
}

void attachment_close(struct attachment *attachment)
{
	cleanup_close(&attachment->link_fd);
	cleanup_close(&attachment->program_fd);
	cleanup_close(&attachment->counters_fd);
	cleanup_close(&attachment->active_fd);
	cleanup_close(&attachment->image_fd);
	cleanup_close(&attachment->text_fd);
}

int attachment_image_id(int active_fd, uint32_t *ret_image_id)
{
	__u32 slot = 0;

	return bpf_map_lookup_elem(active_fd, &slot, ret_image_id) ? -errno : 0;
}

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

int attachment_link(const struct datapath *datapath, uint32_t ifindex)
{
	return pin_open(datapath, ifindex, "link", 0);
}

bool attachment_is_current(const struct attachment *attachment)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);

	return !bpf_obj_get_info_by_fd(attachment->link_fd, &info, &length) &&
	       info.prog_id == attachment->program_id;
}

/* The program, and the policy slot that it reads: the one of its maps that is pinned as such. */
static int follow_program(const struct datapath *datapath, struct attachment *attachment)
{
	__u32 map_ids[16] = { 0 };
	struct bpf_prog_info info = { .map_ids = (uintptr_t)map_ids, .nr_map_ids = 16 };
	__u32 length = sizeof(info);
	int fd;

	attachment->program_fd =
		pin_open(datapath, attachment->ifindex, "program", attachment->program_id);
	if (attachment->program_fd < 0)
		return attachment->program_fd;
	if (bpf_obj_get_info_by_fd(attachment->program_fd, &info, &length))
		return -errno;
	for (__u32 i = 0; i < info.nr_map_ids && i < 16; i++) {
		fd = pin_open(datapath, attachment->ifindex, "active", map_ids[i]);
		if (fd == -ENOENT)
			continue;
		attachment->active_fd = fd;
		attachment->active_id = map_ids[i];
		return fd < 0 ? fd : 0;
	}
	return -ENOENT;
}

static int follow_slot(const struct datapath *datapath, struct attachment *attachment)
{
	int r = attachment_image_id(attachment->active_fd, &attachment->image_id);

	if (r)
		return r;
	attachment->image_fd =
		pin_open(datapath, attachment->ifindex, "image", attachment->image_id);
	if (attachment->image_fd < 0)
		return attachment->image_fd;
	attachment->text_fd = pin_open(datapath, attachment->ifindex, "text", attachment->image_id);
	if (attachment->text_fd < 0)
		return attachment->text_fd;
	attachment->counters_fd = pin_open(datapath, attachment->ifindex, "counters", 0);
	return attachment->counters_fd < 0 ? attachment->counters_fd : 0;
}

static int follow(const struct datapath *datapath, struct attachment *attachment)
{
	int r = follow_program(datapath, attachment);

	return r ? r : follow_slot(datapath, attachment);
}

int attachment_open(const struct datapath *datapath, uint32_t ifindex,
		    struct attachment *ret_attachment, struct error *error)
{
	int r = -ENOENT;

	/* A writer may pass between two steps of a reader: its old pins are then gone. */
	for (int tries = 0; r == -ENOENT && tries < 100; tries++) {
		_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;

		attachment.ifindex = ifindex;
		r = follow_link(datapath, &attachment);
		if (r == -ENOENT || r == -ENOLINK)
			return r;
		if (!r)
			r = follow(datapath, &attachment);
		if (!r) {
			*ret_attachment = attachment;
			attachment = ATTACHMENT_NONE;
			return 0;
		}
	}
	if (r == -ENOENT)
		return error_set(error, EUCLEAN, EXIT_FAILED,
				 "the pins of the interface with index %u below %s are not whole; "
				 "unload it and load it again",
				 ifindex, datapath->directory);
	return bpf_error(error, -r, "read the pins of a loaded interface");
}

int attachment_require(const struct datapath *datapath, uint32_t ifindex,
		       struct attachment *ret_attachment, struct error *error)
{
	int r = attachment_open(datapath, ifindex, ret_attachment, error);

	if (r == -ENOENT || r == -ENOLINK)
		return error_set(error, -r, EXIT_NOT_LOADED,
				 "the interface with index %u is not loaded any more", ifindex);
	return r;
}

int pins_make_directory(const struct datapath *datapath, uint32_t ifindex, struct error *error)
{
	char path[PIN_PATH_MAX];

	device_path(datapath, ifindex, path);
	if ((mkdir(datapath->directory, 0700) && errno != EEXIST) ||
	    (mkdir(path, 0700) && errno != EEXIST))
		return error_set(error, errno, errno == EACCES ? EXIT_NOT_PERMITTED : EXIT_FAILED,
				 "cannot make %s: %s", path, strerror(errno));
	return 0;
}

static bool is_led_to(const struct attachment *attachment, const char *name)
{
	char expected[5][32];

	snprintf(expected[0], sizeof(expected[0]), "program_%u", attachment->program_id);
	snprintf(expected[1], sizeof(expected[1]), "active_%u", attachment->active_id);
	snprintf(expected[2], sizeof(expected[2]), "image_%u", attachment->image_id);
	snprintf(expected[3], sizeof(expected[3]), "text_%u", attachment->image_id);
	snprintf(expected[4], sizeof(expected[4]), "counters");
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		if (!strcmp(name, expected[i]))
			return true;
	return !strcmp(name, "link");
}

/* Removes the pins of a folder but those of keep (NULL: all). Returns -errno of the last failure.
 */
static int remove_pins(const char *path, const struct attachment *keep)
{
	_cleanup_closedir_ DIR *directory = opendir(path);
	struct dirent *entry;
	int r = 0;

	if (!directory)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || (keep && is_led_to(keep, entry->d_name)))
			continue;
		if (unlinkat(dirfd(directory), entry->d_name, 0) && errno != ENOENT)
			r = -errno;
		/* the stream's place in a directory that has changed is not to be relied on */
		rewinddir(directory);
		if (r)
			break;
	}
	return r;
}

void pins_remove_stale(const struct datapath *datapath, const struct attachment *attachment)
{
	char path[PIN_PATH_MAX];

	device_path(datapath, attachment->ifindex, path);
	remove_pins(path, attachment);
}

int pins_remove_all(const struct datapath *datapath, uint32_t ifindex, struct error *error)
{
	char path[PIN_PATH_MAX];
	int r;

	device_path(datapath, ifindex, path);
	r = remove_pins(path, NULL);
	if (!r && rmdir(path) && errno != ENOENT)
		r = -errno;
	if (r)
		return error_set(error, -r, EXIT_FAILED, "cannot remove %s: %s", path,
				 strerror(-r));
	rmdir(datapath->directory); /* succeeds for the last device only */
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
	_cleanup_closedir_ DIR *directory = opendir(datapath->directory);
	_cleanup_free_ uint32_t *ifindexes = NULL;
	struct dirent *entry;
	size_t count = 0;

	if (!directory && errno != ENOENT)
		return error_set(error, errno, errno == EACCES ? EXIT_NOT_PERMITTED : EXIT_FAILED,
				 "cannot read %s: %s", datapath->directory, strerror(errno));
	while (directory && (entry = readdir(directory))) {
		uint32_t *larger;
		char *end;
		unsigned long ifindex = strtoul(entry->d_name, &end, 10);

		if (!ifindex || *end)
			continue;
		larger = realloc(ifindexes, (count + 1) * sizeof(*ifindexes));
		if (!larger)
			return error_set(error, ENOMEM, EXIT_FAILED, "not enough memory");
		ifindexes = larger;
		ifindexes[count++] = ifindex;
	}
	if (count)
		qsort(ifindexes, count, sizeof(*ifindexes), compare_ifindexes);
	*ret_ifindexes = TAKE_PTR(ifindexes);
	*ret_count = count;
	return 0;
}

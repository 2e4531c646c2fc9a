/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The view of the pins for members of the group `portsieve`: see view.h. */
#include "datapath/view.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "datapath/flow_mode.h"
#include "datapath/link.h"
#include "datapath/pins.h"

#define VIEW_PARENT "/run/portsieve"
#define VIEW	    VIEW_PARENT "/bpf"
#define GROUP	    "portsieve"

enum {
	VIEW_PATH_MAX = 256,
	VIEW_NAMES_MAX = 64, /* of one device */
};

/* Pins that readers need besides the maps of programs: a policy's maps, and the "asked" mark. */
static const char *const kinds[] = { "image", "text", "trie4", "trie6", "asked" };

/* Prefixes of names: the folders of a program's maps, and a mark for the egress program. */
#define FOLDER_LINK	  "program_"
#define FOLDER_DISPATCHER "dispatched_"
#define MARK_EGRESS	  "egress_"

/* The maps of a program that readers need, in the order in which they open them. */
enum program_map {
	MAP_COUNTERS,
	MAP_FORMER,
	MAP_BASELINE,
	MAP_ACTIVE,
	MAP_PORT_CELLS,
	MAP_PORT_SUMS,
	MAP_EVENTS, /* EVENT_MAPS of them */
	PROGRAM_MAPS = MAP_EVENTS + EVENT_MAPS,
};

static const char *const map_names[PROGRAM_MAPS] = {
	[MAP_COUNTERS] = "counters",
	[MAP_FORMER] = "former",
	[MAP_BASELINE] = "baseline",
	[MAP_ACTIVE] = "active",
	[MAP_PORT_CELLS] = "port_cells",
	[MAP_PORT_SUMS] = "port_sums",
	[MAP_EVENTS + EVENT_SLOTS] = "event_slots",
	[MAP_EVENTS + EVENT_HEADS] = "event_heads",
	[MAP_EVENTS + EVENT_CONTROL] = "event_control",
};

static bool is_bpffs(const char *path)
{
	struct statfs status;

	return !statfs(path, &status) && (uint64_t)status.f_type == BPF_FS_MAGIC;
}

/*
 * Can an unprivileged process load BPF programs? Unknown means no: a kernel without the sysctl has
 * no BPF.
 */
static bool anybody_loads_programs(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	int value = 1;

	return file && fscanf(file, "%d", &value) == 1 && value == 0;
}

/* The view's folder of the network namespace has the same name as that of the pins. */
static const char *namespace_of(const struct datapath *datapath)
{
	return strrchr(datapath->directory, '/') + 1;
}

/* The folder of a device in the view. */
static void device_path(const struct datapath *datapath, uint32_t ifindex, char path[VIEW_PATH_MAX])
{
	snprintf(path, VIEW_PATH_MAX, VIEW "/%s/%u", namespace_of(datapath), ifindex);
}

static void note(const struct datapath *datapath, const char *what)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "the group " GROUP " cannot read what is loaded: cannot %s " VIEW ": %s", what,
		 strerror(errno));
	if (datapath->note)
		datapath->note(text);
}

void view_prepare(struct datapath *datapath)
{
	const struct group *group = getgrnam(GROUP);
	struct stat status;

	datapath->view_gid = 0;
	if (!group || anybody_loads_programs())
		return;
	if (!is_bpffs(VIEW)) {
		if ((mkdir(VIEW_PARENT, 0755) && errno != EEXIST) ||
		    (mkdir(VIEW, 0750) && errno != EEXIST) ||
		    mount("bpf", VIEW, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0750")) {
			note(datapath, "mount a bpffs at");
			return;
		}
	}
	if (lstat(VIEW, &status) || status.st_uid != geteuid() ||
	    ((status.st_gid != group->gr_gid || (status.st_mode & 07777) != 0750) &&
	     (chown(VIEW, -1, group->gr_gid) || chmod(VIEW, 0750)))) {
		note(datapath, "let it read");
		return;
	}
	datapath->view_gid = group->gr_gid;
}

/* Makes a directory in the view. Returns false if it does not exist afterwards. */
static bool make_directory(const struct datapath *datapath, const char *path)
{
	if (mkdir(path, 0750))
		return errno == EEXIST;
	return !chown(path, -1, datapath->view_gid) && !chmod(path, 0750);
}

/*
 * Is this map pinned there? A killed writer may have left another one under a name without an id.
 */
static bool has_map(const char *path, int fd)
{
	_cleanup_close_ int pinned_fd = pin_open_path(path, PIN_MAP);
	uint32_t id = 0;

	return pinned_fd >= 0 && !map_id(fd, &id) && map_has_id(pinned_fd, id);
}

static bool make_device_directory(const struct datapath *datapath, uint32_t ifindex)
{
	char path[VIEW_PATH_MAX];

	snprintf(path, sizeof(path), VIEW "/%s", namespace_of(datapath));
	if (!make_directory(datapath, path))
		return false;
	device_path(datapath, ifindex, path);
	return make_directory(datapath, path);
}

/* Pins a map as `name` in the device's existing directory, replacing another one atomically. */
static void pin_in_view(const struct datapath *datapath, uint32_t ifindex, const char *name, int fd)
{
	char path[VIEW_PATH_MAX], next[VIEW_PATH_MAX + 5];

	snprintf(path, sizeof(path), VIEW "/%s/%u/%s", namespace_of(datapath), ifindex, name);
	if (has_map(path, fd))
		return;
	snprintf(next, sizeof(next), "%s_next", path);
	unlink(next);
	/* Pins are made with mode 0600: nobody else can open it before it has its group. */
	if (!bpf_obj_pin(fd, next) &&
	    (chown(next, -1, datapath->view_gid) || chmod(next, 0640) || rename(next, path)))
		unlink(next);
}

static bool readers_need(const char *name)
{
	size_t length = strcspn(name, "_");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i]) == length && !strncmp(kinds[i], name, length))
			return true;
	return false;
}

void view_put(const struct datapath *datapath, uint32_t ifindex, const char *name, int fd)
{
	if (datapath->view_gid && readers_need(name) && make_device_directory(datapath, ifindex))
		pin_in_view(datapath, ifindex, name, fd);
}

static void put_maps(const struct datapath *datapath, uint32_t ifindex, const char *folder,
		     const int fds[PROGRAM_MAPS])
{
	char path[VIEW_PATH_MAX], former[VIEW_PATH_MAX + PIN_NAME_MAX], name[PIN_NAME_MAX];

	snprintf(path, sizeof(path), VIEW "/%s/%u/%s", namespace_of(datapath), ifindex, folder);
	if (!make_device_directory(datapath, ifindex) || !make_directory(datapath, path))
		return;
	for (int map = 0; map < PROGRAM_MAPS; map++) {
		if (fds[map] < 0)
			continue;
		snprintf(name, sizeof(name), "%s/%s", folder, map_names[map]);
		pin_in_view(datapath, ifindex, name, fds[map]);
	}
	if (fds[MAP_FORMER] >= 0)
		return;
	snprintf(former, sizeof(former), "%s/%s", path, map_names[MAP_FORMER]);
	unlink(former);
}

void view_put_program(const struct datapath *datapath, uint32_t ifindex,
		      const struct program *program)
{
	const int fds[PROGRAM_MAPS] = {
		[MAP_COUNTERS] = program->counters_fd,
		[MAP_FORMER] = program->former_fd,
		[MAP_BASELINE] = program->baseline_fd,
		[MAP_ACTIVE] = program->active_fd,
		[MAP_PORT_CELLS] = program->port_cells_fd,
		[MAP_PORT_SUMS] = program->port_sums_fd,
		[MAP_EVENTS + EVENT_SLOTS] = program->event_fds[EVENT_SLOTS],
		[MAP_EVENTS + EVENT_HEADS] = program->event_fds[EVENT_HEADS],
		[MAP_EVENTS + EVENT_CONTROL] = program->event_fds[EVENT_CONTROL],
	};
	char folder[PIN_NAME_MAX];

	if (!datapath->view_gid)
		return;
	snprintf(folder, sizeof(folder), FOLDER_LINK "%u", program->id);
	put_maps(datapath, ifindex, folder, fds);
}

/* The name of the folder for the maps of the program on a device. */
static void program_folder(const struct attachment *attachment, char folder[PIN_NAME_MAX])
{
	snprintf(folder, PIN_NAME_MAX, "%s%u",
		 attachment->hook.attach == DATAPATH_LINK ? FOLDER_LINK : FOLDER_DISPATCHER,
		 attachment->hook.program_id);
}

static void put_maps_of(const struct datapath *datapath, const struct attachment *attachment,
			const char *folder)
{
	const int fds[PROGRAM_MAPS] = {
		[MAP_COUNTERS] = attachment->counters_fd,
		[MAP_FORMER] = attachment->former_fd,
		[MAP_BASELINE] = attachment->baseline_fd,
		[MAP_ACTIVE] = attachment->active_fd,
		[MAP_PORT_CELLS] = attachment->port_cells_fd,
		[MAP_PORT_SUMS] = attachment->port_sums_fd,
		[MAP_EVENTS + EVENT_SLOTS] = attachment->event_fds[EVENT_SLOTS],
		[MAP_EVENTS + EVENT_HEADS] = attachment->event_fds[EVENT_HEADS],
		[MAP_EVENTS + EVENT_CONTROL] = attachment->event_fds[EVENT_CONTROL],
	};

	put_maps(datapath, attachment->ifindex, folder, fds);
}

void view_put_attachment(const struct datapath *datapath, const struct attachment *attachment)
{
	char folder[PIN_NAME_MAX];

	if (!datapath->view_gid)
		return;
	program_folder(attachment, folder);
	put_maps_of(datapath, attachment, folder);
}

/* The names that a device should have in the view. */
struct names {
	char list[VIEW_NAMES_MAX][PIN_NAME_MAX];
	size_t count;
};

/* Pins what the folder of the device has and the view lacks. */
static void settle_device(const struct datapath *datapath, uint32_t ifindex)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_closedir_ DIR *directory = NULL;
	struct names names = { .count = 0 };
	char path[VIEW_PATH_MAX], *name;
	struct dirent *entry;
	uint32_t egress_id;

	if (attachment_open(datapath, ifindex, &attachment, NULL))
		return;
	snprintf(path, sizeof(path), "%s/%u", datapath->directory, ifindex);
	directory = directory_open(AT_FDCWD, path);
	if (!directory || !make_device_directory(datapath, ifindex))
		return;
	while (names.count < VIEW_NAMES_MAX - 2 && (entry = readdir(directory))) {
		_cleanup_close_ int fd = -1;

		if (!readers_need(entry->d_name) || strlen(entry->d_name) >= PIN_NAME_MAX)
			continue;
		fd = pin_open(datapath, ifindex, entry->d_name, 0);
		if (fd < 0)
			continue;
		pin_in_view(datapath, ifindex, entry->d_name, fd);
		strcpy(names.list[names.count++], entry->d_name);
	}
	name = names.list[names.count++];
	program_folder(&attachment, name);
	put_maps_of(datapath, &attachment, name);
	egress_id =
		flow_mode_has_tables(&attachment) ? egress_program_id(datapath, ifindex, false) : 0;
	if (egress_id) {
		name = names.list[names.count++];
		snprintf(name, PIN_NAME_MAX, MARK_EGRESS "%u", egress_id);
		pin_in_view(datapath, ifindex, name, attachment.counters_fd);
	}
	device_path(datapath, ifindex, path);
	pins_remove_others_in(path, names.list, names.count);
}

void view_settle(const struct datapath *datapath)
{
	_cleanup_free_ uint32_t *there = NULL, *shown = NULL;
	struct datapath view = { .lock_fd = -1 };
	size_t count = 0, shown_count = 0;

	if (!datapath->view_gid || pins_list(datapath, &there, &count, NULL))
		return;
	snprintf(view.directory, sizeof(view.directory), VIEW "/%s", namespace_of(datapath));
	if (pins_list(&view, &shown, &shown_count, NULL))
		return;
	for (size_t i = 0; i < shown_count; i++) {
		bool loaded = false;

		for (size_t j = 0; j < count; j++)
			loaded |= there[j] == shown[i];
		if (!loaded)
			pins_remove_all(&view, shown[i], NULL);
	}
	for (size_t i = 0; i < count; i++)
		settle_device(datapath, there[i]);
	rmdir(view.directory); /* fails while a device is loaded */
}

int view_open(struct datapath *datapath)
{
	char path[sizeof(datapath->directory)];
	struct stat status;

	if (!is_bpffs(VIEW) || stat(VIEW, &status) || status.st_uid != 0 || status.st_mode & 022)
		return -ENOENT;
	if (access(VIEW, R_OK | X_OK))
		return -errno;
	snprintf(path, sizeof(path), VIEW "/%s", namespace_of(datapath));
	strcpy(datapath->directory, path);
	datapath->is_view = true;
	return 0;
}

/*
 * Finds the folder of the device's program. Assumes that a program in a dispatcher is still there.
 */
static int find_folder(DIR *directory, const struct occupant *occupant,
		       char ret_folder[PIN_NAME_MAX], struct hook *hook)
{
	struct dirent *entry;

	while ((entry = readdir(directory))) {
		if (sscanf(entry->d_name, FOLDER_LINK "%u", &hook->program_id) == 1)
			hook->attach = DATAPATH_LINK;
		else if (sscanf(entry->d_name, FOLDER_DISPATCHER "%u", &hook->program_id) == 1)
			hook->attach = DATAPATH_DISPATCHER;
		else
			continue;
		if (hook->attach == DATAPATH_LINK && hook->program_id != occupant->program_id)
			continue;
		snprintf(ret_folder, PIN_NAME_MAX, "%.32s", entry->d_name);
		return 0;
	}
	return -EAGAIN;
}

/* Opens the maps of a program. -EAGAIN: one that every program has is missing. */
static int open_maps(const struct datapath *datapath, const char *folder,
		     struct attachment *attachment)
{
	int *const fds[PROGRAM_MAPS] = {
		[MAP_COUNTERS] = &attachment->counters_fd,
		[MAP_FORMER] = &attachment->former_fd,
		[MAP_BASELINE] = &attachment->baseline_fd,
		[MAP_ACTIVE] = &attachment->active_fd,
		[MAP_PORT_CELLS] = &attachment->port_cells_fd,
		[MAP_PORT_SUMS] = &attachment->port_sums_fd,
		[MAP_EVENTS + EVENT_SLOTS] = &attachment->event_fds[EVENT_SLOTS],
		[MAP_EVENTS + EVENT_HEADS] = &attachment->event_fds[EVENT_HEADS],
		[MAP_EVENTS + EVENT_CONTROL] = &attachment->event_fds[EVENT_CONTROL],
	};

	for (int map = 0; map < PROGRAM_MAPS; map++) {
		char name[PIN_NAME_MAX];

		snprintf(name, sizeof(name), "%.32s/%s", folder, map_names[map]);
		*fds[map] = pin_open(datapath, attachment->ifindex, name, 0);
		if (*fds[map] < 0 && *fds[map] != -ENOENT)
			return *fds[map];
	}
	if (attachment->counters_fd < 0 || attachment->active_fd < 0)
		return -EAGAIN;
	return map_id(attachment->active_fd, &attachment->active_id);
}

int view_follow(const struct datapath *datapath, uint32_t ifindex, struct attachment *attachment)
{
	_cleanup_closedir_ DIR *directory = NULL;
	struct occupant occupant = { 0 };
	char path[VIEW_PATH_MAX], name[IF_NAMESIZE], folder[PIN_NAME_MAX];
	int r;

	device_path(datapath, ifindex, path);
	directory = directory_open(AT_FDCWD, path);
	if (!directory)
		return -errno;
	if (!if_indextoname(ifindex, name))
		return -ENOENT;
	if (occupant_read(ifindex, &occupant, NULL) || !occupant.program_id)
		return -EUCLEAN;
	r = find_folder(directory, &occupant, folder, &attachment->hook);
	return r ? r : open_maps(datapath, folder, attachment);
}

uint32_t view_egress_id(const struct datapath *datapath, uint32_t ifindex)
{
	_cleanup_closedir_ DIR *directory = NULL;
	char path[VIEW_PATH_MAX];
	struct dirent *entry;
	uint32_t id = 0;

	device_path(datapath, ifindex, path);
	directory = directory_open(AT_FDCWD, path);
	while (directory && !id && (entry = readdir(directory)))
		if (sscanf(entry->d_name, MARK_EGRESS "%u", &id) != 1)
			id = 0;
	return id;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxdp's pins of dispatchers in bpffs: reading them, and removing stale ones. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "datapath/link.h"
#include "datapath/dispatcher.h"

void dispatcher_folder(char path[DISPATCHER_PATH_MAX])
{
	const char *bpffs = secure_getenv("LIBXDP_BPFFS");

	snprintf(path, DISPATCHER_PATH_MAX, "%s/xdp", bpffs ? bpffs : "/sys/fs/bpf");
}

bool dispatcher_has_pins(uint32_t ifindex)
{
	char folder[DISPATCHER_PATH_MAX], path[DISPATCHER_PATH_MAX + 64];
	struct occupant occupant = { 0 };

	if (occupant_read(ifindex, &occupant, NULL) || !occupant.program_id)
		return false;
	dispatcher_folder(folder);
	snprintf(path, sizeof(path), "%s/dispatch-%u-%u", folder, ifindex, occupant.program_id);
	return access(path, F_OK) == 0 || errno != ENOENT;
}

enum {
	SETTLED_MS = 2000,
	STALE_TRIES = 60, /* of 100 ms */
};

/* Is one of the programs pinned in a dispatcher's folder ours? */
static bool holds_own(const struct datapath *datapath, uint32_t ifindex, const char *path)
{
	_cleanup_closedir_ DIR *directory = directory_open(AT_FDCWD, path);
	struct dirent *entry;
	bool own = false;

	while (directory && !own && (entry = readdir(directory))) {
		char pin[PATH_MAX];
		const char *dash = strrchr(entry->d_name, '-');

		if (!dash || strcmp(dash, "-prog") != 0)
			continue;
		snprintf(pin, sizeof(pin), "%s/%s", path, entry->d_name);
		_cleanup_close_ int fd = pin_open_path(pin, PIN_PROGRAM);

		own = fd >= 0 && program_is_own(datapath, ifindex, fd);
	}
	return own;
}

/*
 * libxdp, maybe in another process, pins a dispatcher before it attaches it. So one that is not
 * attached is stale only after SETTLED_MS. A folder that cannot be read counts as that old.
 */
static int64_t age_ms(const char *path)
{
	struct stat status;
	struct timespec now;

	if (stat(path, &status) || clock_gettime(CLOCK_REALTIME, &now))
		return SETTLED_MS;
	return (now.tv_sec - status.st_mtim.tv_sec) * 1000 +
	       (now.tv_nsec - status.st_mtim.tv_nsec) / 1000000;
}

/* The result of one pass over the dispatchers that are not on the interface. */
struct stale {
	bool removed;
	bool held;  /* the interface does not exist here */
	bool young; /* possibly about to be attached: look again later */
};

/* Removes at most one dispatcher: a changed directory has to be read from the start. */
static struct stale remove_once(const struct datapath *datapath, uint32_t ifindex)
{
	char folder[DISPATCHER_PATH_MAX], form[32], name[IF_NAMESIZE];
	_cleanup_closedir_ DIR *directory = NULL;
	struct occupant occupant = { 0 };
	struct stale stale = { 0 };
	struct dirent *entry;
	bool gone;

	dispatcher_folder(folder);
	snprintf(form, sizeof(form), "dispatch-%u-", ifindex);
	directory = opendir(folder);
	if (!directory || flock(dirfd(directory), LOCK_EX)) /* libxdp's own lock */
		return stale;
	gone = !if_indextoname(ifindex, name) || occupant_read(ifindex, &occupant, NULL);
	while (!stale.removed && (entry = readdir(directory))) {
		char path[DISPATCHER_PATH_MAX + NAME_MAX + 2];
		int64_t age;

		if (strncmp(entry->d_name, form, strlen(form)) != 0 ||
		    strtoul(entry->d_name + strlen(form), NULL, 10) == occupant.program_id)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		age = age_ms(path);
		if (!holds_own(datapath, ifindex, path)) {
			/* A detached dispatcher leaves an empty folder; rmdir removes no other. */
			stale.removed = age >= SETTLED_MS && !rmdir(path);
		} else if (gone) {
			stale.held = true;
		} else if (age >= 0 && age < SETTLED_MS) {
			stale.young = true;
		} else {
			tree_remove(AT_FDCWD, path);
			stale.removed = true;
		}
	}
	return stale;
}

bool dispatcher_remove_stale(const struct datapath *datapath, uint32_t ifindex)
{
	static const struct timespec pause = { .tv_nsec = 100000000 };
	struct stale stale = { .removed = true };

	for (int tries = 0; (stale.removed || stale.young) && tries < STALE_TRIES; tries++) {
		if (stale.young)
			nanosleep(&pause, NULL);
		stale = remove_once(datapath, ifindex);
	}
	return stale.held;
}

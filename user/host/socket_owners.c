/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Searches /proc/PID/fd for sockets. */
#include "host/socket_owners.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"

enum {
	INIT = 1,	 /* PID 1 */
	PATH_BYTES = 64, /* enough for /proc/PID/fd and the like */
};

struct search {
	struct socket_owner *owners;
	size_t left; /* not found yet, or found only in INIT */
	struct hash_index by_inode;
};

static bool has_inode(uint32_t number, const void *key)
{
	const struct search *search = ((const struct search *const *)key)[0];

	return search->owners[number].inode == *((const uint32_t *const *)key)[1];
}

/* The slot of the first owner with this inode, or a free one. */
static uint32_t *find(const struct search *search, uint32_t inode)
{
	const void *key[] = { search, &inode };

	return hash_index_find(&search->by_inode, hash_bytes(0, &inode, sizeof(inode)), has_inode,
			       key);
}

/* The value of a name that consists of digits only, else 0. */
static uint32_t read_number(const char *name)
{
	char *end;
	unsigned long number = *name >= '0' && *name <= '9' ? strtoul(name, &end, 10) : 0;

	return number && !*end && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static void read_name(uint32_t pid, char *name, size_t size)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);

	_cleanup_fclose_ FILE *file = fopen(path, "re");

	if (!file || !fgets(name, (int)size, file))
		name[0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

/* The inode of the socket that a descriptor's link names, "socket:[123]"; 0: no socket. */
static uint32_t socket_inode(int directory_fd, const char *link)
{
	static const char start[] = "socket:[";
	char target[PATH_BYTES];
	ssize_t length = readlinkat(directory_fd, link, target, sizeof(target) - 1);

	if (length <= 0 || target[length - 1] != ']')
		return 0;
	target[length - 1] = '\0';
	return strncmp(target, start, sizeof(start) - 1) ? 0
							 : read_number(target + sizeof(start) - 1);
}

static void search_process(struct search *search, uint32_t pid)
{
	char path[PATH_BYTES], name[sizeof(search->owners->name)] = "";

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);

	_cleanup_closedir_ DIR *directory = opendir(path);
	const struct dirent *entry;

	while (directory && search->left && (entry = readdir(directory))) {
		uint32_t inode = socket_inode(dirfd(directory), entry->d_name);
		uint32_t number = inode ? *find(search, inode) : 0;
		struct socket_owner *owner = number ? &search->owners[number - 1] : NULL;

		if (!owner || owner->pid > INIT)
			continue;
		if (!name[0])
			read_name(pid, name, sizeof(name));
		owner->pid = pid;
		memcpy(owner->name, name, sizeof(name));
		search->left -= pid != INIT;
	}
}

static int compare_pids(const void *one, const void *other)
{
	const uint32_t *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

/* Lists the pids of all processes, ascending. */
static int list_pids(uint32_t **ret_pids, size_t *ret_count)
{
	_cleanup_closedir_ DIR *directory = opendir("/proc");
	_cleanup_free_ uint32_t *pids = NULL;
	const struct dirent *entry;
	size_t count = 0;

	if (!directory)
		return -errno;
	while ((entry = readdir(directory))) {
		uint32_t pid = read_number(entry->d_name);
		uint32_t *list = pid ? array_room(pids, count, sizeof(*pids)) : pids;

		if (!pid)
			continue;
		if (!list)
			return -ENOMEM;
		pids = list;
		pids[count++] = pid;
	}
	if (count)
		qsort(pids, count, sizeof(*pids), compare_pids);
	*ret_pids = TAKE_PTR(pids);
	*ret_count = count;
	return 0;
}

int socket_owners_find(struct socket_owner *owners, size_t count)
{
	struct search search = { .owners = owners };
	_cleanup_free_ uint32_t *pids = NULL;
	size_t pids_count = 0;
	int r;

	if (!count)
		return 0;
	r = list_pids(&pids, &pids_count);
	if (r)
		return r;
	if (hash_index_init(&search.by_inode, (uint32_t)count))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		uint32_t *slot = find(&search, owners[i].inode);

		owners[i].pid = 0;
		owners[i].name[0] = '\0';
		if (!*slot) {
			*slot = (uint32_t)i + 1;
			search.left++;
		}
	}
	for (size_t i = 0; i < pids_count && search.left; i++)
		search_process(&search, pids[i]);
	for (size_t i = 0; i < count; i++) { /* an inode given twice */
		const struct socket_owner *first = &owners[*find(&search, owners[i].inode) - 1];

		if (first != &owners[i])
			owners[i] = *first;
	}
	hash_index_free(&search.by_inode);
	return 0;
}

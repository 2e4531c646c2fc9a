/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats saved policies, and replaces files atomically. */
#include "control/saved_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "control/policy_file.h"
#include "print/format.h"

#define HEADING "# saved by portsieve; SHA-256 of the lines below: "

static void hex_digest(const char *text, size_t size, char hex[65])
{
	uint8_t sha256[32];

	digest_sha256(text, size, sha256);
	format_sha256(sha256, hex);
}

char *saved_policy_text(const char *text)
{
	char hex[65], *saved;

	hex_digest(text, strlen(text), hex);
	return asprintf(&saved, HEADING "%s\n%s", hex, text) < 0 ? NULL : saved;
}

/* Was the text written by `save` and not changed since? */
static bool is_saved(const char *text, size_t size)
{
	const size_t heading = sizeof(HEADING) - 1, rest = heading + 64 + 1;
	char hex[65];

	if (size < rest || memcmp(text, HEADING, heading) != 0 || text[rest - 1] != '\n')
		return false;
	hex_digest(text + rest, size - rest, hex);
	return !memcmp(text + heading, hex, 64);
}

static int cannot_write(struct error *error, int errnum, const char *path)
{
	return error_set(error, errnum, EXIT_FAILED, "cannot write %s: %s", path, strerror(errnum));
}

/* May the file be overwritten? *ret_keep: it must be kept under another name. */
static int check_content(const char *path, const uint8_t applied[32], bool force, bool *ret_keep,
			 struct error *error)
{
	struct policy_text read = { 0 };
	uint8_t sha256[32];
	int r = policy_text_read(path, "file", &read, error);
	_cleanup_free_ char *text = read.text;

	if (r)
		return r;
	digest_sha256(text, read.size, sha256);
	*ret_keep = !is_saved(text, read.size);
	if (force || !*ret_keep || !memcmp(sha256, applied, sizeof(sha256)))
		return 0;
	return error_set(error, EEXIST, EXIT_FAILED,
			 "%s is neither the file that the policy in force was applied from nor one "
			 "that `save` wrote, so its rules and comments would be lost; save to "
			 "another file, or give --force",
			 path);
}

static int write_all(int fd, const char *text)
{
	size_t size = strlen(text);

	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
	return fsync(fd) ? -errno : 0;
}

/* Makes PATH~ another name of the file. */
static int keep_old(const char *path)
{
	_cleanup_free_ char *backup = NULL;

	if (asprintf(&backup, "%s~", path) < 0) {
		backup = NULL;
		return -ENOMEM;
	}
	if (unlink(backup) && errno != ENOENT)
		return -errno;
	return link(path, backup) ? -errno : 0;
}

/* Makes the rename durable. */
static void sync_folder(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	_cleanup_close_ int fd =
		copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0)
		fsync(fd);
}

/* `old` is the status of the existing file, or NULL. `keep`: keep it as PATH~. Returns -errno. */
static int replace(const char *path, const char *text, const struct stat *old, bool keep)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text);
	if (!r && old && fchown(fd, old->st_uid, old->st_gid))
		r = -errno;
	if (!r && fchmod(fd, old ? old->st_mode & 07777 : 0644))
		r = -errno;
	if (!r && keep)
		r = keep_old(path);
	if (!r && rename(temporary, path))
		r = -errno;
	if (r)
		unlink(temporary);
	else
		sync_folder(path);
	return r;
}

int saved_policy_write(const char *path, const char *text, const uint8_t applied[32], bool force,
		       bool *ret_kept, struct error *error)
{
	_cleanup_free_ char *target = realpath(path, NULL); /* a symlink is kept */
	struct stat status;
	bool exists = target && !stat(target, &status), keep = false;
	int r;

	if (exists && S_ISDIR(status.st_mode))
		return error_set(error, EISDIR, EXIT_USAGE, "%s is a directory; name a file in it",
				 path);
	if (exists && !S_ISREG(status.st_mode))
		return error_set(error, EINVAL, EXIT_USAGE,
				 "%s is not a regular file; leave it out to print the policy",
				 path);
	if (!exists && errno != ENOENT)
		return cannot_write(error, errno, path);
	r = exists ? check_content(target, applied, force, &keep, error) : 0;
	if (r)
		return r;
	r = replace(exists ? target : path, text, exists ? &status : NULL, keep);
	if (r)
		return cannot_write(error, -r, path);
	*ret_kept = keep;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a policy's file and the host's settings. */
#include "control/policy_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/input.h"
#include "base/utf8.h"
#include "compile/compile.h"
#include "host/host.h"

void policy_host_read(struct policy_host *ret_host)
{
	struct host_settings host = host_settings_read();

	*ret_host = (struct policy_host){
		.ephemeral_low = host.ephemeral_low,
		.ephemeral_high = host.ephemeral_high,
		.forwards_ipv6 = host.forwards_ipv6,
		.realtime_ns = host_realtime_ns(),
		.boottime_ns = (int64_t)boottime_ns(),
	};
}

static int cannot_read(struct error *error, int errnum, const char *path)
{
	return error_set(error, errnum, EXIT_USAGE, "cannot read the policy %s: %s", path,
			 strerror(errnum));
}

/* A file that is rewritten in place must be refused: its first half may be a valid policy. */
static int check_unchanged(int fd, const struct stat *before, const char *path, struct error *error)
{
	struct stat after;

	if (!S_ISREG(before->st_mode))
		return 0;
	if (fstat(fd, &after))
		return cannot_read(error, errno, path);
	if (after.st_size != before->st_size || after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
		return error_set(error, EAGAIN, EXIT_FAILED,
				 "%s changed while it was read; try again", path);
	return 0;
}

/*
 * Reads the whole file as it was at one moment, but at most one byte more than a policy may have.
 * The caller frees *ret_text.
 */
static int read_text(const char *path, char **ret_text, size_t *ret_size, struct error *error)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	struct stat status = { 0 };
	size_t size = 0;
	ssize_t n;
	int r = input_open(path, &fd, &status);

	if (r)
		return cannot_read(error, -r, path);
	if (S_ISDIR(status.st_mode))
		return error_set(error, EISDIR, EXIT_USAGE,
				 "%s is a directory; name the policy file in it", path);
	text = malloc(POLICY_TEXT_MAX + 1);
	if (!text)
		return error_no_memory(error);
	do {
		do
			n = read(fd, text + size, POLICY_TEXT_MAX + 1 - size);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return cannot_read(error, errno, path);
		size += n;
	} while (n && size <= POLICY_TEXT_MAX);
	if (S_ISFIFO(status.st_mode) && !size)
		return input_nothing_written(path, error);
	r = check_unchanged(fd, &status, path, error);
	if (r)
		return r;
	*ret_text = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}

int policy_file_read(const char *path, struct policy_file *ret_file, struct error *error)
{
	_cleanup_free_ char *text = NULL;
	struct policy_file file = { 0 };
	size_t size = 0;
	int r;

	policy_host_read(&file.host);
	policy_init(&file.policy);
	if (path) {
		r = read_text(path, &text, &size, error);
		if (r)
			return r;
		digest_sha256(text, size, file.sha256);
		r = policy_read(text, size, path, &file.host, &file.policy, error);
		if (r)
			return r;
		file.path = strdup(path);
		if (!file.path) {
			policy_free(&file.policy);
			return error_no_memory(error);
		}
	}
	*ret_file = file;
	return 0;
}

void policy_file_free(struct policy_file *file)
{
	policy_free(&file->policy);
	free(file->path);
	*file = (struct policy_file){ 0 };
}

bool policy_file_only_counts(const struct policy_file *file)
{
	for (size_t i = 0; i < file->policy.rules_count; i++)
		if (file->policy.rules[i].action == POLICY_DROP)
			return false;
	return !file->path;
}

int policy_file_compile(const struct policy_file *file, struct portsieve_image **ret_image,
			struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = calloc(1, sizeof(*image));
	_cleanup_free_ char *path = file->path ? realpath(file->path, NULL) : NULL;
	int r;

	if (!image)
		return error_no_memory(error);
	r = image_compile(&file->policy, &file->host, file->path ? file->path : "", image, error);
	if (r)
		return r;
	image->applied_ns = (uint64_t)host_realtime_ns();
	memcpy(image->sha256, file->sha256, sizeof(image->sha256));
	if (file->path) /* any bytes: make them safe for terminals and JSON */
		utf8_copy_printable(image->source, sizeof(image->source), path ? path : file->path);
	if (policy_file_only_counts(file)) { /* malformed packets pass too */
		image->flags |= PORTSIEVE_IMAGE_NO_POLICY;
		image->drop_knobs = 0;
	}
	*ret_image = TAKE_PTR(image);
	return 0;
}

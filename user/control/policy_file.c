/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a policy's file and the host's settings. */
#include "control/policy_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/input.h"
#include "base/log.h"
#include "base/utf8.h"
#include "compile/compile.h"
#include "control/failsafe.h"
#include "host/host.h"
#include "host/machine.h"
#include "host/rtnetlink.h"
#include "policy/failsafe.h"

/* Is there a device above this one? Look-ups on this one do not find sockets bound to it. */
static bool is_below(const struct link *links, size_t count, const struct link *link)
{
	if (link->master)
		return true;
	for (size_t i = 0; i < count; i++)
		if (links[i].below == link->ifindex)
			return true;
	return false;
}

bool policy_host_needs_flows(void)
{
	_cleanup_free_ struct link *links = NULL;
	size_t count = 0;

	if (links_read(&links, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (is_below(links, count, &links[i]) || forwarding_read(AF_INET, links[i].name) ||
		    forwarding_read(AF_INET6, links[i].name))
			return true;
	return false;
}

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

static int cannot_read(struct error *error, int errnum, const char *what, const char *path)
{
	return error_set_code(error, ERROR_CANNOT_READ, errnum, "cannot read the %s %s: %s", what,
			      path, strerror(errnum));
}

/* Fails if the file is being rewritten in place: its first half may be a valid policy. */
static int check_unchanged(int fd, const struct stat *before, const char *what, const char *path,
			   struct error *error)
{
	struct stat after;

	if (!S_ISREG(before->st_mode))
		return 0;
	if (fstat(fd, &after))
		return cannot_read(error, errno, what, path);
	if (after.st_size != before->st_size || after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
		return error_set(error, EAGAIN, EXIT_FAILED,
				 "%s changed while it was read; try again", path);
	return 0;
}

int policy_text_read(const char *path, const char *what, struct policy_text *ret_text,
		     struct error *error)
{
	const char *name = input_name(path);
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	struct stat status = { 0 };
	size_t size = 0;
	ssize_t n;
	int r = input_open(path, &fd, &status);

	if (r)
		return cannot_read(error, -r, what, name);
	if (S_ISDIR(status.st_mode))
		return error_set_code(error, ERROR_CANNOT_READ, EISDIR,
				      "%s is a directory; name the %s file in it", name, what);
	text = malloc(POLICY_TEXT_MAX + 1);
	if (!text)
		return error_no_memory(error);
	do {
		do
			n = read(fd, text + size, POLICY_TEXT_MAX + 1 - size);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return cannot_read(error, errno, what, name);
		size += n;
	} while (n && size <= POLICY_TEXT_MAX);
	if (S_ISFIFO(status.st_mode) && !size)
		return input_nothing_written(path, error);
	r = check_unchanged(fd, &status, what, name, error);
	if (r)
		return r;
	*ret_text = (struct policy_text){ .text = TAKE_PTR(text), .size = size };
	if (S_ISREG(status.st_mode) && !input_is_standard(path))
		ret_text->access = (struct file_access){ status.st_uid, status.st_mode };
	return 0;
}

void policy_errors_log(const struct policy_errors *errors, struct error *ret_last)
{
	for (size_t i = 0; i + 1 < errors->count; i++)
		log_error(&errors->list[i]);
	*ret_last = errors->list[errors->count - 1];
}

/* Sets *ret_path to the path of a set's file, which is written relative to the policy's folder. */
static int set_path(const struct policy_file *file, const char *written, char **ret_path)
{
	const char *slash = file->path ? strrchr(file->path, '/') : NULL;
	int folder = slash && *written != '/' ? (int)(slash + 1 - file->path) : 0;
	char *path;

	/* "-" would be standard input */
	if (asprintf(&path, "%.*s%s%s", folder, folder ? file->path : "",
		     input_is_standard(written) ? "./" : "", written) < 0)
		return -ENOMEM;
	*ret_path = path;
	return 0;
}

/* Records who may change a set's file. Takes over the path. */
static int set_file_add(struct policy_file *file, char *path, const struct file_access *access)
{
	struct set_file *files = array_room(file->set_files, file->set_files_count, sizeof(*files));

	if (!files) {
		free(path);
		return -ENOMEM;
	}
	file->set_files = files;
	files[file->set_files_count++] = (struct set_file){ path, *access };
	return 0;
}

/* A policy_set_read_fn; the context is the policy file. */
static int read_set(void *context, const struct policy_set *set, struct policy_set_file *ret_file,
		    struct error *error)
{
	struct policy_file *file = context;
	_cleanup_free_ char *path = NULL;
	struct policy_text read = { 0 };
	int r = set_path(file, set->file, &path);

	if (r)
		return error_no_memory(error);
	r = policy_text_read(path, "set", &read, error);
	if (r)
		return r;
	*ret_file = (struct policy_set_file){
		.text = read.text,
		.size = read.size,
		.name = strdup(path),
		.path = realpath(path, NULL),
	};
	digest_sha256(read.text, read.size, ret_file->sha256);
	if (read.size > POLICY_TEXT_MAX)
		return error_set(error, E2BIG, EXIT_USAGE, "%s is larger than %d MiB", path,
				 POLICY_TEXT_MAX >> 20);
	if (ret_file->path && strchr(ret_file->path, '\n')) { /* does not fit into a line */
		free(ret_file->path);
		ret_file->path = NULL;
	}
	if (!ret_file->name || set_file_add(file, TAKE_PTR(path), &read.access))
		return error_no_memory(error);
	return 0;
}

static int read_text(const char *path, struct policy_file *file, struct error *error)
{
	struct policy_text read = { 0 };
	const struct policy_files files = { read_set, file };
	struct policy_errors errors;
	int r = policy_text_read(path, "policy", &read, error);
	_cleanup_free_ char *text = read.text;

	if (r)
		return r;
	digest_sha256(text, read.size, file->sha256);
	file->is_standard_input = input_is_standard(path);
	file->path = strdup(input_name(path));
	if (!file->path)
		return error_no_memory(error);
	file->host.files = &files;
	r = policy_read_all(text, read.size, input_name(path), &file->host, &file->policy, &errors,
			    error);
	file->host.files = NULL;
	if (r == -EINVAL)
		policy_errors_log(&errors, error);
	if (r)
		return r;
	file->access = read.access;
	return 0;
}

int policy_file_read(const char *path, struct policy_file *ret_file, struct error *error)
{
	struct policy_file file __attribute__((cleanup(policy_file_free))) = { 0 };
	int r;

	policy_host_read(&file.host);
	policy_init(&file.policy);
	r = path ? read_text(path, &file, error) : 0;
	if (!r)
		r = failsafe_add(&file, error);
	if (r)
		return r;
	if (file.policy.return_mode == POLICY_RETURN_AUTO && policy_asks(&file.policy))
		file.host.needs_flows = policy_host_needs_flows();
	*ret_file = file;
	file = (struct policy_file){ 0 };
	return 0;
}

int policy_file_digest(const char *path, uint8_t ret_sha256[32])
{
	struct policy_text read = { 0 };
	int r = policy_text_read(path, "policy", &read, NULL);

	if (r)
		return r;
	digest_sha256(read.text, read.size, ret_sha256);
	free(read.text);
	return 0;
}

int policy_set_changed(const struct policy_set *set)
{
	uint8_t now[32];
	int r = set->path ? policy_file_digest(set->path, now) : -ENOENT;

	return r ?: !!memcmp(now, set->sha256, sizeof(now));
}

const char *policy_file_usual(void)
{
	struct stat status;

	/* a dangling symlink exists */
	return !lstat(POLICY_USUAL_FILE, &status) || (errno != ENOENT && errno != ENOTDIR)
		       ? POLICY_USUAL_FILE
		       : NULL;
}

/* Root also trusts the user who ran sudo. */
static bool is_caller(uid_t uid)
{
	const char *sudo = geteuid() ? NULL : getenv("SUDO_UID");
	char *end = NULL;

	if (uid == geteuid() || uid == getuid())
		return true;
	return sudo && *sudo && strtoul(sudo, &end, 10) == uid && !*end;
}

static int check_access(const char *path, const struct file_access *access, struct error *error)
{
	if (access->mode & (S_IWGRP | S_IWOTH))
		return error_set_code(
			error, ERROR_UNSAFE_FILE, EPERM,
			"%s can be changed by other users (mode %04o); first: chmod go-w "
			"%s",
			path, access->mode & 07777, path);
	if (access->mode && access->owner && !is_caller(access->owner))
		return error_set_code(
			error, ERROR_UNSAFE_FILE, EPERM,
			"%s belongs to another user (uid %u), who can change it; first: "
			"chown root %s",
			path, access->owner, path);
	return 0;
}

int policy_file_check_access(const struct policy_file *file, struct error *error)
{
	int r = check_access(file->path, &file->access, error);

	for (size_t i = 0; i < file->set_files_count && !r; i++)
		r = check_access(file->set_files[i].path, &file->set_files[i].access, error);
	return r ? r : check_access(POLICY_FAILSAFE_FILE, &file->failsafe_access, error);
}

void policy_file_free(struct policy_file *file)
{
	policy_free(&file->policy);
	free(file->path);
	for (size_t i = 0; i < file->set_files_count; i++)
		free(file->set_files[i].path);
	free(file->set_files);
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
	_cleanup_free_ char *path =
		file->path && !file->is_standard_input ? realpath(file->path, NULL) : NULL;
	int r;

	if (!image)
		return error_no_memory(error);
	r = image_compile(&file->policy, &file->host, file->path ? file->path : "", image, error);
	if (r)
		return r;
	image->applied_ns = (uint64_t)host_realtime_ns();
	memcpy(image->sha256, file->sha256, sizeof(image->sha256));
	memcpy(image->failsafe_sha256, file->failsafe_sha256, sizeof(image->failsafe_sha256));
	if (file->path) /* may have any bytes: make it safe for terminals and JSON */
		utf8_copy_printable(image->source, sizeof(image->source), path ? path : file->path);
	if (policy_file_only_counts(file)) { /* malformed packets pass, too */
		image->flags |= PORTSIEVE_IMAGE_NO_POLICY;
		image->drop_knobs = 0;
	}
	*ret_image = TAKE_PTR(image);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a policy's file and the host's settings. */
#include "control/policy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "compile/compile.h"
#include "base/digest.h"
#include "base/utf8.h"

/* Linux's own default, for a host without /proc. */
static const struct policy_host host_defaults = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void policy_host_read(struct policy_host *ret_host)
{
	struct policy_host *host = ret_host;
	_cleanup_fclose_ FILE *ports = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	_cleanup_fclose_ FILE *forwarding = fopen("/proc/sys/net/ipv6/conf/all/forwarding", "re");
	unsigned int low, high;

	*host = host_defaults;
	if (ports && fscanf(ports, "%u %u", &low, &high) == 2 && low <= high && high <= 65535) {
		host->ephemeral_low = low;
		host->ephemeral_high = high;
	}
	host->forwards_ipv6 = forwarding && fgetc(forwarding) == '1';
	host->realtime_ns = clock_ns(CLOCK_REALTIME);
	host->boottime_ns = clock_ns(CLOCK_BOOTTIME);
}

enum { WRITER_WAIT_MS = 3000 };

static int cannot_read(struct error *error, int errnum, const char *path)
{
	return error_set(error, errnum, EXIT_USAGE, "cannot read the policy %s: %s", path,
			 strerror(errnum));
}

/*
 * The writer of a FIFO may be started at the same time: without one, there is nothing to be read,
 * and a poll waits. One that has come and gone ends it too.
 */
static void await_writer(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	while (poll(&poll_fd, 1, WRITER_WAIT_MS) < 0 && errno == EINTR)
		;
}

/* Not blocking: a pipe that nobody writes into would hold the command up for ever. */
static int open_file(const char *path, int *ret_fd, struct stat *ret_status, struct error *error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		return cannot_read(error, errno, path);
	if (S_ISDIR(status.st_mode))
		return error_set(error, EISDIR, EXIT_USAGE,
				 "%s is a directory; name the policy file in it", path);
	if (S_ISFIFO(status.st_mode))
		await_writer(fd);
	*ret_fd = TAKE_FD(fd);
	*ret_status = status;
	return 0;
}

/* As read(), but waits where a writer holds the pipe open and has written nothing yet. */
static ssize_t read_some(int fd, char *text, size_t size)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while ((n = read(fd, text, size)) < 0 && (errno == EINTR || errno == EAGAIN))
		if (errno == EAGAIN)
			poll(&poll_fd, 1, -1);
	return n;
}

/* Half of a file that is being written in place may be a policy too, and another one. */
static int check_unchanged(int fd, const struct stat *before, size_t size, const char *path,
			   struct error *error)
{
	struct stat after;

	if (S_ISFIFO(before->st_mode) && !size)
		return error_set(
			error, ENODATA, EXIT_USAGE,
			"the pipe %s is empty and nobody writes into it; start its writer first",
			path);
	if (!S_ISREG(before->st_mode))
		return 0;
	if (fstat(fd, &after))
		return cannot_read(error, errno, path);
	if (after.st_size != before->st_size || after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
		return error_set(error, EAGAIN, EXIT_FAILED,
				 "%s was changed while it was read; try again", path);
	return 0;
}

/* Reads to the end, at most one byte more than a policy may have. The caller frees *ret_text. */
static int read_all(int fd, const char *path, char **ret_text, size_t *ret_size,
		    struct error *error)
{
	_cleanup_free_ char *text = malloc(POLICY_TEXT_MAX + 1);
	size_t size = 0;
	ssize_t n;

	if (!text)
		return error_no_memory(error);
	do {
		n = read_some(fd, text + size, POLICY_TEXT_MAX + 1 - size);
		if (n < 0)
			return cannot_read(error, errno, path);
		size += n;
	} while (n && size <= POLICY_TEXT_MAX);
	*ret_text = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}

/* The whole text of the file at path, as it was at one moment. */
static int read_text(const char *path, char **ret_text, size_t *ret_size, struct error *error)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	struct stat status = { 0 };
	size_t size = 0;
	int r = open_file(path, &fd, &status, error);

	if (!r)
		r = read_all(fd, path, &text, &size, error);
	if (!r)
		r = check_unchanged(fd, &status, size, path, error);
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

/*
 * What the image says of where it comes from. A path may hold any byte, but goes to terminals and
 * into JSON; one too long is cut at its end.
 */
static void describe_source(const struct policy_file *file, struct portsieve_image *image)
{
	_cleanup_free_ char *path = file->path ? realpath(file->path, NULL) : NULL;

	image->applied_ns = (uint64_t)clock_ns(CLOCK_REALTIME);
	memcpy(image->sha256, file->sha256, sizeof(image->sha256));
	if (file->path)
		utf8_copy_printable(image->source, sizeof(image->source), path ? path : file->path);
	if (!file->path) { /* then nothing is dropped, malformed packets neither */
		image->flags |= PORTSIEVE_IMAGE_NO_POLICY;
		image->drop_knobs = 0;
	}
}

int policy_file_compile(const struct policy_file *file, struct portsieve_image **ret_image,
			struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = calloc(1, sizeof(*image));
	int r;

	if (!image)
		return error_no_memory(error);
	r = image_compile(&file->policy, &file->host, file->path ? file->path : "", image, error);
	if (r)
		return r;
	describe_source(file, image);
	*ret_image = TAKE_PTR(image);
	return 0;
}

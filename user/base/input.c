/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening files and pipes. */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { WRITER_WAIT_MS = 3000 };

bool input_is_standard(const char *path)
{
	return !strcmp(path, "-");
}

const char *input_name(const char *path)
{
	return input_is_standard(path) ? "standard input" : path;
}

/* Leaves the status flags alone: other processes may share them. */
static int open_standard(int *ret_fd, struct stat *ret_status)
{
	_cleanup_close_ int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

	if (fd < 0 || fstat(fd, ret_status))
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int input_open(const char *path, int *ret_fd, struct stat *ret_status)
{
	if (input_is_standard(path))
		return open_standard(ret_fd, ret_status);

	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		return -errno;
	/*
	 * The writer of a FIFO may start at the same time as this command. Until it does, read()
	 * returns 0; poll() waits for it, and also returns if it has come and gone.
	 */
	if (S_ISFIFO(status.st_mode))
		while (poll(&poll_fd, 1, WRITER_WAIT_MS) < 0 && errno == EINTR)
			;
	if (fcntl(fd, F_SETFL, 0)) /* block from now on */
		return -errno;
	*ret_fd = TAKE_FD(fd);
	*ret_status = status;
	return 0;
}

int input_nothing_written(const char *path, struct error *error)
{
	if (input_is_standard(path))
		return error_set(error, ENODATA, EXIT_USAGE, "standard input is empty");
	return error_set(error, ENODATA, EXIT_USAGE,
			 "nothing was written to the pipe %s; start its writer first", path);
}

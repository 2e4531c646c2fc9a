/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening the files that users name, which may be pipes. */
#ifndef PORTSIEVE_INPUT_H
#define PORTSIEVE_INPUT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"

/* Is it "-", which means standard input? */
bool input_is_standard(const char *path);

/* The path as messages name it: "standard input" for "-". */
const char *input_name(const char *path);

/*
 * Opens a file, or standard input for "-", for reading, without blocking for ever on a FIFO that no
 * process writes to: it waits 3 s for a writer. After that read() returns 0 if there is none, and
 * blocks for one that is slow. The caller closes *ret_fd. Returns -errno.
 */
int input_open(const char *path, int *ret_fd, struct stat *ret_status);

/* -ENODATA: nothing was read from a FIFO up to its end. */
int input_nothing_written(const char *path, struct error *error);

#endif

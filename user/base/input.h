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
 * Opens a file, or standard input for "-", for reading. Waits at most 3 s for a writer of a FIFO:
 * if none comes, read() returns 0; if one is slow, read() blocks. The caller closes *ret_fd.
 * Returns -errno.
 */
int input_open(const char *path, int *ret_fd, struct stat *ret_status);

/* Fills in the error for an empty FIFO or standard input. Returns -ENODATA. */
int input_nothing_written(const char *path, struct error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a command from a sandboxed process: a child, forked before the sandbox is entered, waits
 * for orders. All it can do is run that one command, with the environment the order gives.
 */
#ifndef PORTSIEVE_STARTER_H
#define PORTSIEVE_STARTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum starter_limits {
	STARTER_ORDER_MAX = 2048, /* bytes */
	STARTER_SECONDS = 30,	  /* a command that runs longer is killed */
};

/*
 * Forks the child, which becomes the user `portsieve` if it is root. Returns in both processes. In
 * the child it returns when the parent has ended, or silently if the child cannot drop root, which
 * the parent reports; *ret_fd is -1, and the caller must exit. Call it before there are threads or
 * sockets, which the child must not inherit.
 */
int starter_start(const char *command, int *ret_fd, struct error *error);

/*
 * Orders one run of the command, by `sh -c`. `variables` holds `size` bytes of NUL-terminated
 * "NAME=value" strings. Returns false if too many orders are queued: commands run one at a time.
 */
bool starter_order(int fd, const char *variables, size_t size);

#endif

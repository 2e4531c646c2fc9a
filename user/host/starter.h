/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a command from a process that may not: a child, made before the sandbox, waits for
 * orders and can do nothing but run that one command, with an environment that the order says.
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
 * Makes the child, which becomes the user `portsieve` if it is root. Returns in both processes:
 * *ret_fd is -1 in the child, once the other one has ended; it must end too then. Call it before
 * threads, sockets and the like are made, which the child must not have.
 */
int starter_start(const char *command, int *ret_fd, struct error *error);

/*
 * Orders one run of the command, by `sh -c`. `variables` is "NAME=value" each, NUL-terminated,
 * `size` bytes. False: too many orders wait, as one command runs after the other.
 */
bool starter_order(int fd, const char *variables, size_t size);

#endif

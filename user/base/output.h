/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors in writing to stdout. */
#ifndef PORTSIEVE_OUTPUT_H
#define PORTSIEVE_OUTPUT_H

#include <stdio.h>

#include "base/error.h"

/*
 * Flushes stdout. Returns 0, or -errno of the first failure that any call has seen. Call it right
 * after printing: stdio keeps no errno, and the next call may overwrite it.
 */
int output_flush(void);

/*
 * Captures in memory what is printed to stdout between start and end, for the web server, which
 * runs one command at a time. -ENOMEM: nothing has changed.
 */
struct output_capture {
	FILE *stdout_before;
	char *text;
	size_t size;
};
int output_capture_start(struct output_capture *ret_capture);

/*
 * The caller frees *ret_text, which has *ret_size bytes. -ENOMEM: the output did not fit into
 * memory.
 */
int output_capture_end(struct output_capture *capture, char **ret_text, size_t *ret_size);

/* The exit code of a command whose printer returned r, 0 or -ENOMEM. Fills in error for -ENOMEM. */
enum exit_code output_result(int r, struct error *error);

#endif

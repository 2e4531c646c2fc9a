/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors in writing to stdout. */
#ifndef PORTSIEVE_OUTPUT_H
#define PORTSIEVE_OUTPUT_H

#include "base/error.h"

/*
 * Flushes stdout. Returns 0, or -errno of the first failure that any call has seen. Call it right
 * after printing: stdio keeps no errno, and the next call may overwrite it.
 */
int output_flush(void);

/* The exit code of a command whose printer returned r: 0 or -ENOMEM, with error filled in then. */
enum exit_code output_result(int r, struct error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors in writing to stdout. */
#ifndef PORTSIEVE_OUTPUT_H
#define PORTSIEVE_OUTPUT_H

/*
 * Flushes stdout. Returns 0, or -errno of the first failure that any call has seen. Call it right
 * after printing: stdio keeps no errno, and the next call may overwrite it.
 */
int output_flush(void);

#endif

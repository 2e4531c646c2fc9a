/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether all that was printed to stdout has been written, and if not, why. */
#ifndef PORTSIEVE_OUTPUT_H
#define PORTSIEVE_OUTPUT_H

/*
 * Writes out what is buffered. Returns 0, or -errno of the first write that this has seen fail: to
 * be called right after printing, for stdio keeps no errno and whatever comes next may set its own.
 */
int output_flush(void);

#endif

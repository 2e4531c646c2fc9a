/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sampler's data as JSON: a frame of the stream, and the history. */
#ifndef PORTSIEVE_SERVE_FRAME_H
#define PORTSIEVE_SERVE_FRAME_H

#include <stdio.h>

#include "serve/sampler.h"

enum { FRAME_BYTES_MAX = 32 << 10 };

/*
 * Writes a frame as one line of JSON without a newline, of at most FRAME_BYTES_MAX bytes: long
 * lists are truncated. `group` may be NULL. `strip_after` is the latest second of the strip in the
 * previous frame. The caller frees *ret_text. Returns 0 or -ENOMEM.
 */
int frame_print(const struct sampler *sampler, const struct sampler_group *group, int64_t now_ms,
		int64_t strip_after, char **ret_text, size_t *ret_size);

enum frame_span {
	FRAME_FINE = 1,
	FRAME_COARSE = 2,
};

/* Prints the history of a group, which may be NULL, to `out`. */
void history_print(FILE *out, const struct sampler_group *group, unsigned int spans,
		   int64_t now_ms);

#endif

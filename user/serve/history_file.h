/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sampler's records and strips in a file of fixed size, so that a restart does not lose them.
 * The file is opened once, before the sandbox forbids it, and written each minute: only what has
 * changed. One of another version is emptied.
 */
#ifndef PORTSIEVE_SERVE_HISTORY_FILE_H
#define PORTSIEVE_SERVE_HISTORY_FILE_H

#include "base/error.h"
#include "serve/sampler.h"

struct history_file {
	int fd;			       /* -1: none */
	bool is_new;		       /* it was empty, or of another version */
	bool replaced;		       /* it was of another version */
	int64_t written_s;	       /* when it was written last, CLOCK_REALTIME */
	bool has_failed;	       /* the last time */
	bool whole;		       /* the next time, write all */
	size_t strips[SAMPLER_STRIPS]; /* the group of each strip in the file, plus 1; 0: none */
};

#define HISTORY_FILE_NONE                                                                          \
	(struct history_file)                                                                      \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/*
 * Opens or makes the file. Errors: it is something else than a history, or in use by another
 * server. The caller owns *ret_file (history_file_close).
 */
int history_file_open(const char *path, struct history_file *ret_file, struct error *error);
void history_file_close(struct history_file *file);

/* Fills in an empty sampler with the groups of the file, as not loaded. */
void history_file_read(const struct history_file *file, struct sampler *sampler, int64_t now_ms);

/* Writes what has changed since the last time. 0 or -errno. */
int history_file_write(struct history_file *file, struct sampler *sampler, int64_t now_ms);

#endif

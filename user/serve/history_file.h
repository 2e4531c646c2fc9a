/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sampler's records and strips in a file of fixed size, to survive restarts. The file is opened
 * once, before the sandbox forbids it. Each minute, only what has changed is written. A file of
 * another version is emptied.
 */
#ifndef PORTSIEVE_SERVE_HISTORY_FILE_H
#define PORTSIEVE_SERVE_HISTORY_FILE_H

#include "base/error.h"
#include "serve/sampler.h"

struct history_file {
	int fd;			       /* -1: none */
	bool is_new;		       /* it was empty or of another version */
	bool replaced;		       /* it was of another version */
	int64_t written_s;	       /* CLOCK_REALTIME of the last write */
	bool has_failed;	       /* the last write failed */
	bool whole;		       /* write everything the next time */
	size_t strips[SAMPLER_STRIPS]; /* the group of each strip in the file, plus 1; 0: none */
};

#define HISTORY_FILE_NONE                                                                          \
	(struct history_file)                                                                      \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/*
 * Opens or creates the file. Errors: it is not a history, or another server uses it. The caller
 * owns *ret_file (history_file_close).
 */
int history_file_open(const char *path, struct history_file *ret_file, struct error *error);
void history_file_close(struct history_file *file);

/* Fills an empty sampler with the groups in the file, marked as not loaded. */
void history_file_read(const struct history_file *file, struct sampler *sampler, int64_t now_ms);

/* Writes what has changed since the last time. 0 or -errno. */
int history_file_write(struct history_file *file, struct sampler *sampler, int64_t now_ms);

#endif

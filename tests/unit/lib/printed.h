/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures a function's output to a stream as a string. */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "print/json.h"

struct capture {
	FILE *stream;
	FILE *file;
	int saved_fd;
};

/* Redirects the stream to a temporary file. */
static inline struct capture capture_start(FILE *stream)
{
	struct capture capture = { .stream = stream, .file = tmpfile() };

	if (!capture.file)
		abort();
	fflush(stream);
	capture.saved_fd = dup(fileno(stream));
	if (capture.saved_fd < 0 || dup2(fileno(capture.file), fileno(stream)) < 0)
		abort();
	return capture;
}

/* Reads a whole file, NUL-terminated; the caller frees it. */
static inline char *capture_read(FILE *file)
{
	long size;
	char *text;

	fflush(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)size + 1);
	if (!text || fread(text, 1, (size_t)size, file) != (size_t)size)
		abort();
	return text;
}

/* Ends a JSON document and restores the stream. The caller frees the text. */
static inline char *capture_end(struct capture *capture)
{
	char *text;

	if (capture->stream == stdout)
		json_end();
	fflush(capture->stream);
	dup2(capture->saved_fd, fileno(capture->stream));
	close(capture->saved_fd);
	text = capture_read(capture->file);
	fclose(capture->file);
	return text;
}

#endif

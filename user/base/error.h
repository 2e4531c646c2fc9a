/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An error in the user's terms: what is wrong, where, and what to do next. Library code fills it in
 * and never prints it; commands/ prints it, once.
 */
#ifndef PORTSIEVE_ERROR_H
#define PORTSIEVE_ERROR_H

#include <stddef.h>

/* Exit codes of every command. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2, /* usage or policy */
	EXIT_NOT_LOADED = 3,
	EXIT_NOT_PERMITTED = 4,
	EXIT_PARTLY = 5,
};

struct error {
	enum exit_code exit; /* the command's exit code if nothing handles the error */
	char file[256];	     /* empty: the error has no place in a file */
	size_t line;	     /* from 1; 0: the file as a whole */
	size_t column;	     /* from 1, in characters; 0: the line as a whole */
	char text[512];
};

/*
 * Sets the text and the exit code, keeps the place. Returns errnum negated, so that a caller can
 * write `return error_set(error, EINVAL, EXIT_USAGE, "...")`. error may be NULL.
 */
int error_set(struct error *error, int errnum, enum exit_code exit, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The error of every failed allocation. Returns -ENOMEM. error may be NULL. */
int error_no_memory(struct error *error);

/* Puts "prefix: " before the text, unless the text already contains the prefix. */
void error_prefix(struct error *error, const char *prefix);

/* Sets the place. error may be NULL. */
void error_place(struct error *error, const char *file, size_t line, size_t column);

/* Writes "file:line:column: text", without unknown parts, cut to `size` bytes. Returns text. */
const char *error_format(const struct error *error, char *text, size_t size);

#endif

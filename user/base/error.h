/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An error in the user's terms: what is wrong, where, and what to do next. Library code fills it in
 * and never prints it; commands/ prints it, once.
 */
#ifndef PORTSIEVE_ERROR_H
#define PORTSIEVE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Exit codes of every command. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2, /* usage or policy error */
	EXIT_NOT_LOADED = 3,
	EXIT_NOT_PERMITTED = 4,
	EXIT_PARTLY = 5,
};

/*
 * The kind of an error or warning, for scripts: error_code_word() returns its word in JSON, which
 * portsieve(8) describes. A word never changes its meaning.
 */
enum error_code {
	ERROR_FAILED, /* of no other kind */
	ERROR_USAGE,
	ERROR_POLICY,
	ERROR_NOT_LOADED,
	ERROR_NOT_PERMITTED,
	ERROR_NO_MEMORY,
	ERROR_INCOMPLETE_STATE,
	ERROR_OTHER_VERSION,
	ERROR_BUSY,
	ERROR_SSH_SESSION,
	ERROR_OWN_REPLIES,
	ERROR_CONFIRM_PENDING,
	ERROR_NOT_PENDING,
	ERROR_SEVERAL_POLICIES,
	ERROR_NO_INTERFACE,
	ERROR_ALREADY_LOADED,
	ERROR_OTHER_PROGRAM,
	ERROR_NO_RULE,
	ERROR_NOT_FOUND,
	ERROR_CANNOT_READ,
	ERROR_UNSAFE_FILE,
	WARNING_OTHER, /* of no other kind */
	WARNING_NEVER_MATCHES,
	WARNING_REGISTRY_ONLY,
	WARNING_EMPTY_SET,
	WARNING_OPEN_FAILSAFE,
	WARNING_UNSAFE_FILE,
	WARNING_LOOPHOLE,
	WARNING_REPLIES_DROPPED,
	WARNING_SSH_UNREACHABLE,
	WARNING_IPV4_ONLY,
	WARNING_UDP_REACHABLE,
	WARNING_SSH_UNKNOWN,
	WARNING_LISTENERS_UNKNOWN,
	ERROR_CODES,
};

enum { ERROR_TEXT = 512 }; /* bytes */

struct error {
	enum exit_code exit; /* the command's exit code if nothing handles the error */
	enum error_code code;
	char file[256]; /* empty: the error has no place in a file */
	size_t line;	/* from 1; 0: the file as a whole */
	size_t column;	/* from 1, in characters; 0: the line as a whole */
	char text[ERROR_TEXT];
};

/*
 * Sets the text and the exit code, derives the error code from exit and errnum, and keeps the
 * place. Returns errnum negated, so that a caller can write `return error_set(error, EINVAL,
 * EXIT_USAGE, "...")`. error may be NULL. The text is a sentence; what to do about it follows after
 * "; " (error_split).
 */
int error_set(struct error *error, int errnum, enum exit_code exit, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* As error_set, with an error code, which implies the exit code. */
int error_set_code(struct error *error, enum error_code code, int errnum, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* "not-loaded". */
const char *error_code_word(const struct error *error);

/*
 * Splits the text at the first "; ", ": write ", " (did you mean " or " (see: " outside quotes:
 * before it is what is wrong, after it what to do. Returns false, with an empty `hint`, if there is
 * nothing to do.
 */
bool error_split(const struct error *error, char message[ERROR_TEXT], char hint[ERROR_TEXT]);

/* The error of every failed allocation. Returns -ENOMEM. error may be NULL. */
int error_no_memory(struct error *error);

/* Puts "prefix: " before the text, unless the text already contains the prefix. */
void error_prefix(struct error *error, const char *prefix);

/* Sets the place. error may be NULL. */
void error_place(struct error *error, const char *file, size_t line, size_t column);

/* Writes "file:line:column: text", without unknown parts, cut to `size` bytes. Returns text. */
const char *error_format(const struct error *error, char *text, size_t size);

#endif

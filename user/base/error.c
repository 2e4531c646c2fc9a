/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filling in and wording struct error. Prints nothing. */
#include "base/error.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	const char *word;
	enum exit_code exit;
} codes[] = {
	[ERROR_FAILED] = { "failed", EXIT_FAILED },
	[ERROR_USAGE] = { "usage", EXIT_USAGE },
	[ERROR_POLICY] = { "policy", EXIT_USAGE },
	[ERROR_NOT_LOADED] = { "not-loaded", EXIT_NOT_LOADED },
	[ERROR_NOT_PERMITTED] = { "not-permitted", EXIT_NOT_PERMITTED },
	[ERROR_NO_MEMORY] = { "no-memory", EXIT_FAILED },
	[ERROR_INCOMPLETE_STATE] = { "incomplete-state", EXIT_FAILED },
	[ERROR_OTHER_VERSION] = { "other-version", EXIT_FAILED },
	[ERROR_BUSY] = { "busy", EXIT_FAILED },
	[ERROR_SSH_SESSION] = { "ssh-session", EXIT_FAILED },
	[ERROR_OWN_REPLIES] = { "own-replies", EXIT_FAILED },
	[ERROR_CONFIRM_PENDING] = { "confirm-pending", EXIT_FAILED },
	[ERROR_NOT_PENDING] = { "not-pending", EXIT_FAILED },
	[ERROR_SEVERAL_POLICIES] = { "several-policies", EXIT_USAGE },
	[ERROR_NO_INTERFACE] = { "no-interface", EXIT_FAILED },
	[ERROR_ALREADY_LOADED] = { "already-loaded", EXIT_FAILED },
	[ERROR_OTHER_PROGRAM] = { "other-program", EXIT_FAILED },
	[ERROR_NO_RULE] = { "no-rule", EXIT_FAILED },
	[ERROR_NOT_FOUND] = { "not-found", EXIT_FAILED },
	[ERROR_CANNOT_READ] = { "cannot-read", EXIT_USAGE },
	[ERROR_UNSAFE_FILE] = { "unsafe-file", EXIT_USAGE },
	[WARNING_OTHER] = { "warning", EXIT_DONE },
	[WARNING_NEVER_MATCHES] = { "never-matches", EXIT_DONE },
	[WARNING_REGISTRY_ONLY] = { "registry-only", EXIT_DONE },
	[WARNING_EMPTY_SET] = { "empty-set", EXIT_DONE },
	[WARNING_OPEN_FAILSAFE] = { "open-failsafe", EXIT_DONE },
	[WARNING_UNSAFE_FILE] = { "unsafe-file", EXIT_DONE },
	[WARNING_LOOPHOLE] = { "loophole", EXIT_DONE },
	[WARNING_REPLIES_DROPPED] = { "replies-dropped", EXIT_DONE },
	[WARNING_SSH_UNREACHABLE] = { "ssh-unreachable", EXIT_DONE },
	[WARNING_IPV4_ONLY] = { "ipv4-only", EXIT_DONE },
	[WARNING_UDP_REACHABLE] = { "udp-reachable", EXIT_DONE },
	[WARNING_SSH_UNKNOWN] = { "ssh-unknown", EXIT_DONE },
	[WARNING_LISTENERS_UNKNOWN] = { "listeners-unknown", EXIT_DONE },
};
static_assert(ARRAY_SIZE(codes) == ERROR_CODES, "a code without a row");

static enum error_code usual_code(int errnum, enum exit_code exit)
{
	switch (exit) {
	case EXIT_USAGE:
		return ERROR_USAGE;
	case EXIT_NOT_LOADED:
		return ERROR_NOT_LOADED;
	case EXIT_NOT_PERMITTED:
		return ERROR_NOT_PERMITTED;
	case EXIT_DONE:
		return WARNING_OTHER;
	default:
		break;
	}
	switch (errnum) {
	case ENOMEM:
		return ERROR_NO_MEMORY;
	case EUCLEAN:
		return ERROR_INCOMPLETE_STATE;
	case EPROTO:
		return ERROR_OTHER_VERSION;
	case EBUSY:
		return ERROR_BUSY;
	default:
		return ERROR_FAILED;
	}
}

int error_set(struct error *error, int errnum, enum exit_code exit, const char *format, ...)
{
	if (error) {
		va_list arguments;

		va_start(arguments, format);
		vsnprintf(error->text, sizeof(error->text), format, arguments);
		va_end(arguments);
		error->exit = exit;
		error->code = usual_code(errnum, exit);
	}
	return -errnum;
}

int error_set_code(struct error *error, enum error_code code, int errnum, const char *format, ...)
{
	if (error) {
		va_list arguments;

		va_start(arguments, format);
		vsnprintf(error->text, sizeof(error->text), format, arguments);
		va_end(arguments);
		error->exit = codes[code].exit;
		error->code = code;
	}
	return -errnum;
}

const char *error_code_word(const struct error *error)
{
	/* only errors in policy files have a place */
	return codes[error->code == ERROR_USAGE && error->file[0] ? ERROR_POLICY : error->code]
		.word;
}

bool error_split(const struct error *error, char message[ERROR_TEXT], char hint[ERROR_TEXT])
{
	static const struct {
		const char *text;
		size_t skipped; /* of the mark, before the hint */
	} marks[] = { { "; ", 2 }, { ": write ", 2 }, { " (did you mean ", 2 }, { " (see: ", 2 } };
	bool quoted = false;

	strcpy(message, error->text);
	hint[0] = '\0';
	for (char *at = message; *at; at++) {
		/* an apostrophe comes after a letter, and is no quote */
		if (*at == '\'' && (quoted ? !isalnum((unsigned char)at[1])
					   : at == message || !isalnum((unsigned char)at[-1])))
			quoted = !quoted;
		for (size_t i = 0; i < ARRAY_SIZE(marks) && !quoted; i++) {
			size_t length = strlen(at);

			if (strncmp(at, marks[i].text, strlen(marks[i].text)))
				continue;
			if (marks[i].text[1] == '(' && at[length - 1] == ')')
				at[length - 1] = '\0';
			strcpy(hint, at + marks[i].skipped);
			*at = '\0';
			return true;
		}
	}
	return false;
}

int error_no_memory(struct error *error)
{
	return error_set(error, ENOMEM, EXIT_FAILED, "not enough memory");
}

void error_prefix(struct error *error, const char *prefix)
{
	size_t length = strlen(prefix) + 2; /* with ": " */

	if (!prefix[0] || strstr(error->text, prefix) || length >= sizeof(error->text))
		return;
	memmove(error->text + length, error->text, sizeof(error->text) - length);
	error->text[sizeof(error->text) - 1] = '\0';
	memcpy(error->text, prefix, length - 2);
	memcpy(error->text + length - 2, ": ", 2);
}

void error_place(struct error *error, const char *file, size_t line, size_t column)
{
	if (!error)
		return;
	snprintf(error->file, sizeof(error->file), "%s", file);
	error->line = line;
	error->column = column;
}

const char *error_format(const struct error *error, char *text, size_t size)
{
	if (!error->file[0])
		snprintf(text, size, "%s", error->text);
	else if (!error->line)
		snprintf(text, size, "%s: %s", error->file, error->text);
	else if (!error->column)
		snprintf(text, size, "%s:%zu: %s", error->file, error->line, error->text);
	else
		snprintf(text, size, "%s:%zu:%zu: %s", error->file, error->line, error->column,
			 error->text);
	return text;
}

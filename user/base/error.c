/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filling in and wording struct error. Prints nothing. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, int errnum, enum exit_code exit, const char *format, ...)
{
	if (error) {
		va_list arguments;

		va_start(arguments, format);
		vsnprintf(error->text, sizeof(error->text), format, arguments);
		va_end(arguments);
		error->exit = exit;
	}
	return -errnum;
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

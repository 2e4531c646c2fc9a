/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing to stderr. */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

/* Text from outside, a path or an argument, could hold terminal escapes. */
static void write_line(const char *head, const char *text)
{
	size_t size = strlen(text) + 1;
	_cleanup_free_ char *safe = malloc(size);

	if (safe)
		utf8_copy_printable(safe, size, text);
	fprintf(stderr, "%s%s\n", head, safe ? safe : "not enough memory");
}

static void write_message(const char *kind, const struct error *error)
{
	struct error placed = *error;
	char text[1024];

	snprintf(placed.text, sizeof(placed.text), "%s%s", kind, error->text);
	write_line(error->file[0] ? "" : "portsieve: ", error_format(&placed, text, sizeof(text)));
}

void log_error(const struct error *error)
{
	write_message("", error);
}

void log_warning(const struct error *error)
{
	write_message("warning: ", error);
}

void log_note(const char *text)
{
	write_line("portsieve: ", text);
}

void log_note_format(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL; /* undefined after an error */
	va_end(arguments);
	if (text)
		log_note(text);
}

int log_debug(const char *format, va_list arguments)
{
	return vfprintf(stderr, format, arguments);
}

void log_progress(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "\r\033[K");
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fflush(stderr);
}

void log_progress_end(void)
{
	fprintf(stderr, "\r\033[K");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing to stderr. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

static void write_message(const char *kind, const struct error *error)
{
	struct error placed = *error;
	char text[1024];

	snprintf(placed.text, sizeof(placed.text), "%s%s", kind, error->text);
	fprintf(stderr, "%s%s\n",
		error->file[0] ? "" : "portsieve: ", error_format(&placed, text, sizeof(text)));
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
	fprintf(stderr, "portsieve: %s\n", text);
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

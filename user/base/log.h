/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only writer to stderr. Bytes that are not printable UTF-8 become '?'. */
#ifndef PORTSIEVE_LOG_H
#define PORTSIEVE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* "portsieve: text", or "file:line:column: text" where the error has a place. */
void log_error(const struct error *error);

/* As log_error, marked as a warning. */
void log_warning(const struct error *error);

/* Turns keeping of errors and warnings on or off. Discards those kept so far. */
void log_keep(bool keep);

/* Turns writing to stderr off or on. Messages are still kept. */
void log_mute(bool mute);

struct log_kept {
	bool warning;
	struct error error;
};

/* The kept errors and warnings, in order; valid until the next call of any function here. */
const struct log_kept *log_kept(size_t *ret_count);

/* Turns notes off. */
void log_silence_notes(void);

/* "portsieve: text": something the user should know, such as a repair. */
void log_note(const char *text);

/* The same, formatted. */
void log_note_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A debug message of libbpf or libxdp, unchanged. Returns as vprintf does. */
int log_debug(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/* A line on a terminal that the next one overwrites; log_progress_end clears it. */
void log_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_progress_end(void);

#endif

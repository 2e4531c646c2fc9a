/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing to stderr. */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/utf8.h"

static struct {
	bool on;
	struct log_kept *list;
	size_t count;
} kept;

static bool muted;

enum priority {
	PRIORITY_ERROR,
	PRIORITY_WARNING,
	PRIORITY_NOTE,
};

void log_mute(bool mute)
{
	muted = mute;
}

void log_keep(bool keep)
{
	free(kept.list);
	kept.list = NULL;
	kept.count = 0;
	kept.on = keep;
}

const struct log_kept *log_kept(size_t *ret_count)
{
	*ret_count = kept.count;
	return kept.list;
}

/* Without memory, a message is written but not kept. */
static void keep(bool warning, const struct error *error)
{
	struct log_kept *list = kept.on ? array_room(kept.list, kept.count, sizeof(*list)) : NULL;

	if (!list)
		return;
	kept.list = list;
	kept.list[kept.count++] = (struct log_kept){ warning, *error };
}

/*
 * The prefix by which journald recognises a line's priority, if stderr is connected to the journal
 * (systemd.exec(5), JOURNAL_STREAM).
 */
static const char *journal_priority(enum priority priority)
{
	static const char *const prefixes[] = {
		[PRIORITY_ERROR] = "<3>",
		[PRIORITY_WARNING] = "<4>",
		[PRIORITY_NOTE] = "<6>",
	};
	static int is_journal = -1;
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	if (is_journal < 0)
		is_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
			     !fstat(STDERR_FILENO, &status) && status.st_dev == device &&
			     status.st_ino == inode;
	return is_journal ? prefixes[priority] : "";
}

/* Text from outside, a path or an argument, could hold terminal escapes. */
static void write_line(enum priority priority, const char *head, const char *text)
{
	size_t size = strlen(text) + 1;
	_cleanup_free_ char *safe = NULL;

	if (muted)
		return;
	safe = malloc(size);
	if (safe)
		utf8_copy_printable(safe, size, text);
	fprintf(stderr, "%s%s%s\n", journal_priority(priority), head,
		safe ? safe : "not enough memory");
}

static void write_message(enum priority priority, const char *kind, const struct error *error)
{
	struct error placed = *error;
	char text[1024];

	snprintf(placed.text, sizeof(placed.text), "%s%s", kind, error->text);
	write_line(priority,
		   error->file[0] ? "" : "portsieve: ", error_format(&placed, text, sizeof(text)));
}

void log_error(const struct error *error)
{
	write_message(PRIORITY_ERROR, "", error);
	keep(false, error);
}

void log_warning(const struct error *error)
{
	write_message(PRIORITY_WARNING, "warning: ", error);
	keep(true, error);
}

static bool notes_are_silent;

void log_silence_notes(void)
{
	notes_are_silent = true;
}

void log_note(const char *text)
{
	if (notes_are_silent)
		return;
	write_line(PRIORITY_NOTE, "portsieve: ", text);
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

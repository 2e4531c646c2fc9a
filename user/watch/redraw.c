/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cursor movements for frames of text. */
#include "watch/redraw.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"

/* Returns the end of the escape sequence that begins at `at`. */
static const char *skip_escape(const char *at)
{
	at++;
	if (*at == '[')
		at++;
	while (*at && !(*at >= '@' && *at <= '~'))
		at++;
	return *at ? at + 1 : at;
}

/* Writes a line up to its newline, cut at `columns` characters. Returns the next line. */
static const char *put_line(const char *at, int columns, FILE *out)
{
	const char *end = strchr(at, '\n');
	int used = 0;

	while (at < end) {
		const char *next = at + 1;

		if (*at == '\033') {
			next = skip_escape(at);
		} else {
			while (next < end && !utf8_begins(*next))
				next++;
			if (++used > columns) {
				at = next;
				continue; /* colours are still written */
			}
		}
		fwrite(at, 1, (size_t)(next - at), out);
		at = next;
	}
	return end + 1;
}

char *redraw_bytes(struct redraw *redraw, const char *frame, int rows, int columns)
{
	char *bytes = NULL;
	size_t size;
	FILE *out = open_memstream(&bytes, &size);
	int lines = 0, shown, put = 0;

	if (!out)
		return NULL;
	for (const char *at = frame; *at; at++)
		lines += *at == '\n';
	if (rows < 2)
		rows = 2;
	shown = lines < rows ? lines : rows - 2;
	if (redraw->rows && (redraw->rows != rows || redraw->columns != columns))
		fprintf(out, "\033[H\033[2J"); /* the terminal may have rewrapped lines */
	else if (redraw->lines)
		fprintf(out, "\033[%dA\r", redraw->lines);
	for (; put < shown; put++) {
		frame = put_line(frame, columns, out);
		fprintf(out, "\033[K\n");
	}
	if (shown < lines) {
		char more[64];

		snprintf(more, sizeof(more), "%d more lines do not fit\n", lines - shown);
		put_line(more, columns, out);
		fprintf(out, "\033[K\n");
		put++;
	}
	fprintf(out, "\033[J");
	*redraw = (struct redraw){ rows, columns, put };
	if (fclose(out)) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

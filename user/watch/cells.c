/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 to cells and back. */
#include "watch/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

const struct look look_plain = { .colour = 0 }, look_bold = { .bold = true },
		  look_faint = { .colour = COLOUR_FAINT };

int screen_make(struct screen *ret_screen, int rows, int columns)
{
	struct screen screen = { rows, columns, NULL };

	screen.cells = calloc((size_t)rows * (size_t)columns + 1, sizeof(*screen.cells));
	if (!screen.cells)
		return -ENOMEM;
	for (int i = 0; i < rows * columns; i++)
		screen.cells[i].character = ' ';
	*ret_screen = screen;
	return 0;
}

void screen_free(struct screen *screen)
{
	free(screen->cells);
	*screen = (struct screen){ 0 };
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

char *screen_row_text(const struct screen *screen, int row)
{
	const struct cell *cells = &screen->cells[row * screen->columns];
	char *text = calloc((size_t)screen->columns + 1, 4);
	size_t length = 0;

	if (!text)
		return NULL;
	for (int c = 0; c < screen->columns; c++)
		if (cells[c].character)
			length += put_utf8(text + length, cells[c].character);
	while (length && text[length - 1] == ' ')
		length--;
	text[length] = '\0';
	return text;
}

/* Decodes the next character of valid UTF-8. */
static uint32_t take_utf8(const char **at)
{
	const unsigned char *bytes = (const unsigned char *)*at;
	int more = bytes[0] >= 0xf0 ? 3 : bytes[0] >= 0xe0 ? 2 : bytes[0] >= 0xc0 ? 1 : 0;
	uint32_t c = more == 3	 ? bytes[0] & 7
		     : more == 2 ? bytes[0] & 15
		     : more == 1 ? bytes[0] & 31
				 : bytes[0];

	for (int i = 1; i <= more && bytes[i]; i++)
		c = c << 6 | (bytes[i] & 0x3f);
	*at += more + 1;
	return c;
}

/* The blocks of East Asian wide characters that names use. */
static bool is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	       (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	       (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

void cells_put(struct screen *screen, int row, int column, uint32_t character, struct look look)
{
	if (row < 0 || row >= screen->rows || column < 0 || column >= screen->columns)
		return;
	screen->cells[row * screen->columns + column] = (struct cell){
		.character = character,
		.colour = look.colour,
		.bold = look.bold,
		.reverse = look.reverse,
	};
}

int cells_put_text(struct screen *screen, int row, int column, int width, struct look look,
		   const char *text)
{
	int used = 0;

	if (column + width > screen->columns)
		width = screen->columns - column;
	while (*text && used < width) {
		const char *next = text;
		uint32_t c = take_utf8(&next);
		int cells = is_wide(c) ? 2 : 1;

		if (used + cells > width || (*next && used + cells == width)) {
			cells_put(screen, row, column + used, '~', look);
			return used + 1;
		}
		cells_put(screen, row, column + used, c, look);
		if (cells == 2)
			cells_put(screen, row, column + used + 1, 0, look);
		used += cells;
		text = next;
	}
	return used;
}

int cells_put_right(struct screen *screen, int row, int column, int width, struct look look,
		    const char *text)
{
	int length = (int)utf8_chars(text, strlen(text));

	if (length > width)
		length = width;
	return cells_put_text(screen, row, column + width - length, length, look, text);
}

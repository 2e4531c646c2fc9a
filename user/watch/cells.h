/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells of a terminal, and writing to them. Pure. */
#ifndef PORTSIEVE_WATCH_CELLS_H
#define PORTSIEVE_WATCH_CELLS_H

#include <stdbool.h>
#include <stdint.h>

enum screen_colour {
	COLOUR_PLAIN,
	COLOUR_FAINT,
	COLOUR_PASSED,
	COLOUR_DROPPED,
	COLOUR_WOULD_DROP,
	COLOUR_SCAN, /* many ports at once */
	COLOUR_HOT,  /* one port, far over its usual rate */
	SCREEN_COLOURS,
};

struct cell {
	uint32_t character; /* Unicode; 0: the right half of a wide one */
	uint8_t colour;	    /* enum screen_colour */
	uint8_t bold : 1;
	uint8_t reverse : 1;
};

struct screen {
	int rows, columns;
	struct cell *cells; /* row by row */
};

/* Blank cells. The caller owns the screen (screen_free). 0 or -ENOMEM. */
int screen_make(struct screen *ret_screen, int rows, int columns);
void screen_free(struct screen *screen);
#define _cleanup_screen_ __attribute__((cleanup(screen_free)))

/* The text of a row in UTF-8, without blanks at its end. The caller frees it. */
char *screen_row_text(const struct screen *screen, int row);

/* The attributes of a run of cells. */
struct look {
	enum screen_colour colour;
	bool bold, reverse;
};

extern const struct look look_plain, look_bold, look_faint;

/* Does nothing outside the screen. */
void cells_put(struct screen *screen, int row, int column, uint32_t character, struct look look);

/*
 * Writes valid UTF-8 into at most `width` columns; longer text is cut and ends with '~'. Returns
 * the columns used. The second function aligns to the right edge of `width`.
 */
int cells_put_text(struct screen *screen, int row, int column, int width, struct look look,
		   const char *text);
int cells_put_right(struct screen *screen, int row, int column, int width, struct look look,
		    const char *text);

#endif

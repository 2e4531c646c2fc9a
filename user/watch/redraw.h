/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of text that replace one another in place on a terminal. The last one stays when the
 * program ends. Nothing of the terminal is set, so nothing has to be restored.
 */
#ifndef PORTSIEVE_WATCH_REDRAW_H
#define PORTSIEVE_WATCH_REDRAW_H

struct redraw {
	int rows, columns; /* of the terminal at the previous frame; 0: there was none */
	int lines;	   /* of the previous frame */
};

/*
 * The bytes that replace the previous frame by this one: lines are cut at the right edge, and left
 * out below the last row but one, with a line that says how many. `frame` ends with a newline, its
 * text is UTF-8 with colours. The caller frees the result; NULL when memory is short. Pure.
 */
char *redraw_bytes(struct redraw *redraw, const char *frame, int rows, int columns);

#endif

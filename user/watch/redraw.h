/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of text that replace one another in place on a terminal. The last one stays when the
 * program ends. The terminal's mode is not changed, so nothing needs to be restored.
 */
#ifndef PORTSIEVE_WATCH_REDRAW_H
#define PORTSIEVE_WATCH_REDRAW_H

struct redraw {
	int rows, columns; /* of the terminal at the previous frame; 0: there was none */
	int lines;	   /* of the previous frame */
};

/*
 * The bytes that replace the previous frame by this one. Lines are cut at the right edge; those
 * below the last row but one are left out, and a line says how many. `frame` is UTF-8 with colours
 * and ends with a newline. The caller frees the result; NULL if out of memory. Pure.
 */
char *redraw_bytes(struct redraw *redraw, const char *frame, int rows, int columns);

#endif

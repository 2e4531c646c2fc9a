/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A terminal by ncurses: draws cells, reads keys, and gives the terminal back as it was. */
#ifndef PORTSIEVE_WATCH_TERMINAL_H
#define PORTSIEVE_WATCH_TERMINAL_H

#include "base/error.h"
#include "watch/screen.h"

enum terminal_key {
	KEY_NONE_IN_TIME = -1,
	KEY_ENDED = -2, /* a termination signal came */
	KEY_RESIZED = -3,
	KEY_CLICKED = -4,
	KEY_WHEEL_UP = -5,
	KEY_WHEEL_DOWN = -6,
	KEY_IS_UP = -7,
	KEY_IS_DOWN = -8,
	KEY_PAGE_UP = -9,
	KEY_PAGE_DOWN = -10,
	KEY_IS_HOME = -11,
	KEY_IS_END = -12,
	KEY_ERASE = -13,
	KEY_IS_LEFT = -14,
	KEY_IS_RIGHT = -15,
	KEY_BACK_TAB = -16,
	KEY_RETURN = '\n',
	KEY_ESCAPE = 27,
};

struct terminal_input {
	int key;	 /* a character, or enum terminal_key */
	int row, column; /* of KEY_CLICKED */
};

struct terminal {
	bool ascii; /* the locale is not UTF-8 */
	int rows, columns;
};

/*
 * Takes over the terminal. It is restored however the process ends, except by SIGKILL. Errors:
 * stdout is not a terminal, or TERM is unusable.
 */
int terminal_open(struct terminal *terminal, struct error *error);
void terminal_close(void);

void terminal_draw(const struct screen *screen);

/* Waits at most timeout_ms for a key. KEY_RESIZED: the size has changed. */
struct terminal_input terminal_read(struct terminal *terminal, int timeout_ms);

#endif

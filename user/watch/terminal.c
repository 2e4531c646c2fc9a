/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ncurses, and the signals that end `top`. */
#define NCURSES_WIDECHAR 1
#include "watch/terminal.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#undef columns /* a macro of term.h */
#include <unistd.h>

static volatile sig_atomic_t ended;
static bool opened, has_colours;
static struct screen shown; /* what is on the screen; no cells: unknown */

static void on_end(int signal)
{
	(void)signal;
	ended = 1;
}

/* Restores the terminal on a fault. The signal is then raised again with its default action. */
static void on_fault(int signal)
{
	terminal_close();
	raise(signal);
}

static void catch_signals(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct sigaction end = { .sa_handler = on_end };
	struct sigaction fault = { .sa_handler = on_fault, .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &end, NULL);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigaction(faults[i], &fault, NULL);
}

static void begin_colours(void)
{
	static const short colours[SCREEN_COLOURS] = {
		[COLOUR_PLAIN] = -1,
		[COLOUR_FAINT] = -1,
		[COLOUR_PASSED] = COLOR_GREEN,
		[COLOUR_DROPPED] = COLOR_RED,
		[COLOUR_WOULD_DROP] = COLOR_YELLOW,
		[COLOUR_SCAN] = COLOR_CYAN,
		[COLOUR_HOT] = COLOR_MAGENTA,
	};
	const char *no_colour = getenv("NO_COLOR");

	has_colours = !(no_colour && no_colour[0]) && has_colors() && start_color() == OK &&
		      use_default_colors() == OK;
	for (short i = 1; has_colours && i < SCREEN_COLOURS; i++) {
		short colour = colours[i];

		/* softer colours than the basic sixteen */
		if (COLORS >= 256)
			colour = (short[]){ -1, 245, 71, 167, 179, 80, 209 }[i];
		init_pair(i, colour, -1);
	}
}

int terminal_open(struct terminal *terminal, struct error *error)
{
	const char *name = getenv("TERM");
	int found;

	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return error_set(error, ENOTTY, EXIT_USAGE,
				 "top: requires a terminal; for a file or a pipe: portsieve stats "
				 "--watch");
	setlocale(LC_CTYPE, "");
	terminal->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	setenv("ESCDELAY", "50", 0);
	/* Checked first, since newterm writes to the terminal. */
	if (setupterm(name, STDOUT_FILENO, &found) != OK || !cursor_address)
		return error_set(error, ENOTTY, EXIT_USAGE,
				 "top: the terminal '%.40s' (TERM) is unknown or cannot move the "
				 "cursor; use: portsieve stats --watch",
				 name ? name : "");
	if (!newterm(name, stdout, stdin))
		return error_no_memory(error);
	opened = true;
	catch_signals();
	atexit(terminal_close);
	begin_colours();
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
	getmaxyx(stdscr, terminal->rows, terminal->columns);
	return 0;
}

void terminal_close(void)
{
	if (!opened)
		return;
	opened = false;
	endwin();
}

/* Remembers the screen just drawn; if out of memory, nothing. */
static void remember(const struct screen *screen)
{
	size_t count = (size_t)screen->rows * (size_t)screen->columns;

	if (shown.rows != screen->rows || shown.columns != screen->columns || !shown.cells) {
		screen_free(&shown);
		if (screen_make(&shown, screen->rows, screen->columns))
			return;
	}
	memcpy(shown.cells, screen->cells, count * sizeof(*shown.cells));
}

static bool is_shown(const struct screen *screen, int row, int column)
{
	size_t at = (size_t)row * (size_t)screen->columns + (size_t)column;

	return shown.cells && shown.rows == screen->rows && shown.columns == screen->columns &&
	       !memcmp(&shown.cells[at], &screen->cells[at], sizeof(*shown.cells));
}

void terminal_draw(const struct screen *screen)
{
	for (int row = 0; row < screen->rows; row++)
		for (int column = 0; column < screen->columns; column++) {
			const struct cell *cell = &screen->cells[row * screen->columns + column];
			wchar_t text[2] = { (wchar_t)cell->character, 0 };
			attr_t attributes = cell->bold ? A_BOLD : A_NORMAL;
			cchar_t wide;

			if (!cell->character || is_shown(screen, row, column))
				continue; /* drawn with its left half, or unchanged */
			if (cell->reverse)
				attributes |= A_REVERSE;
			if (cell->colour == COLOUR_FAINT && (!has_colours || COLORS < 256))
				attributes |= A_DIM;
			setcchar(&wide, text, attributes,
				 has_colours ? (short)cell->colour : (short)0, NULL);
			mvadd_wch(row, column, &wide);
		}
	refresh();
	remember(screen);
}

static struct terminal_input mouse_input(void)
{
	struct terminal_input input = { .key = KEY_NONE_IN_TIME };
	MEVENT event;

	if (getmouse(&event) != OK)
		return input;
	input.row = event.y;
	input.column = event.x;
	if (event.bstate & BUTTON4_PRESSED)
		input.key = KEY_WHEEL_UP;
	else if (event.bstate & BUTTON5_PRESSED)
		input.key = KEY_WHEEL_DOWN;
	else if (event.bstate & BUTTON1_PRESSED)
		input.key = KEY_CLICKED;
	return input;
}

struct terminal_input terminal_read(struct terminal *terminal, int timeout_ms)
{
	static const struct {
		int curses, key;
	} keys[] = {
		{ KEY_UP, KEY_IS_UP },	    { KEY_DOWN, KEY_IS_DOWN },
		{ KEY_PPAGE, KEY_PAGE_UP }, { KEY_NPAGE, KEY_PAGE_DOWN },
		{ KEY_LEFT, KEY_IS_LEFT },  { KEY_RIGHT, KEY_IS_RIGHT },
		{ KEY_BTAB, KEY_BACK_TAB }, { KEY_HOME, KEY_IS_HOME },
		{ KEY_END, KEY_IS_END },    { KEY_ENTER, KEY_RETURN },
		{ '\r', KEY_RETURN },	    { KEY_BACKSPACE, KEY_ERASE },
		{ 127, KEY_ERASE },	    { '\b', KEY_ERASE },
	};
	int key;

	if (ended)
		return (struct terminal_input){ .key = KEY_ENDED };
	timeout(timeout_ms);
	key = getch();
	if (ended)
		return (struct terminal_input){ .key = KEY_ENDED };
	if (key == KEY_MOUSE)
		return mouse_input();
	if (key == KEY_RESIZE) {
		getmaxyx(stdscr, terminal->rows, terminal->columns);
		clear();
		screen_free(&shown);
		return (struct terminal_input){ .key = KEY_RESIZED };
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (key == keys[i].curses)
			return (struct terminal_input){ .key = keys[i].key };
	if (key == ERR && !isatty(STDIN_FILENO))
		return (struct terminal_input){ .key = KEY_ENDED };
	return (struct terminal_input){ .key = key == ERR || key > 255 ? KEY_NONE_IN_TIME : key };
}

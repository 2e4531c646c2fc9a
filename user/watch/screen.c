/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Laying out `top`: heads, then panes and graphs as there is room. */
#include "watch/screen.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "datapath/device_names.h"
#include "print/format.h"
#include "watch/graphs.h"
#include "watch/panes.h"

/* ---- heads, help ---- */

static enum screen_colour sentence_colour(enum sentence_kind kind)
{
	switch (kind) {
	case SENTENCE_FLOOD:
		return COLOUR_HOT;
	case SENTENCE_SCAN:
	case SENTENCE_SWEEP:
	case SENTENCE_SLOW:
		return COLOUR_SCAN;
	case SENTENCE_POLICY:
	case SENTENCE_GONE:
		return COLOUR_WOULD_DROP;
	default:
		return COLOUR_PLAIN;
	}
}

/* The sentence, and how old it is. */
static void put_head(struct screen *screen, const struct screen_view *view)
{
	char right[64];
	int length;

	if (view->age_s)
		snprintf(right, sizeof(right), "%s%s, %u s old", view->paused ? "PAUSED  " : "",
			 view->time, view->age_s);
	else
		snprintf(right, sizeof(right), "%s%s", view->paused ? "PAUSED  " : "", view->time);
	length = (int)strlen(right);
	cells_put_right(screen, 0, screen->columns - length - 1, length,
			(struct look){ .colour = view->paused ? COLOUR_WOULD_DROP : COLOUR_FAINT },
			right);
	cells_put_text(screen, 0, 1, screen->columns - length - 4,
		       (struct look){ .colour = sentence_colour(view->watch->sentence.kind),
				      .bold = true },
		       view->watch->sentence.text);
}

/* Device or group, how it is attached, its policy; which group of how many. */
static void put_device(struct screen *screen, const struct screen_view *view,
		       const struct watch_group *group)
{
	const struct snapshot_device *device = group->devices[0]->device;
	char text[256];
	int column = 1, width = screen->columns - 1;

	for (size_t i = 0; i < group->devices_count; i++) {
		if (i)
			column +=
				cells_put_text(screen, 1, column, width - column, look_plain, ", ");
		column += cells_put_text(screen, 1, column, width - column, look_bold,
					 device_name(&group->devices[i]->device->device).text);
	}
	if (view->watch->groups.count > 1) {
		snprintf(text, sizeof(text), "%zu of %zu groups (d)", view->group + 1,
			 view->watch->groups.count);
		width -= (int)strlen(text) + 2;
		cells_put_text(screen, 1, width + 2, (int)strlen(text), look_faint, text);
	}
	snprintf(text, sizeof(text), "  %s, %s%s; %s%s%s", datapath_mode_name(device->device.mode),
		 datapath_attach_name(device->device.attach),
		 device->image->flags & PORTSIEVE_IMAGE_MONITOR ? ", MONITOR" : "",
		 device->image->flags & PORTSIEVE_IMAGE_NO_POLICY
			 ? "no policy: drops nothing"
			 : policy_source_text(device->image),
		 device->image->flags & PORTSIEVE_IMAGE_NO_POLICY ? "" : ", default ",
		 device->image->flags & PORTSIEVE_IMAGE_NO_POLICY ? ""
								  : default_words(device->image));
	cells_put_text(screen, 1, column, width - column, look_faint, text);
}

/* Fields of fixed width, so that digits stay where they are. */
static void put_sums(struct screen *screen, const struct screen_view *view,
		     const struct watch_group *group)
{
	const struct portsieve_counter *delta = &group->all.delta;
	const struct {
		const char *name;
		double rate;
		enum screen_colour colour;
	} sums[] = {
		{ "in", pane_rate(view, delta, group->interval_ns, PANE_PASSED | PANE_DROPPED),
		  COLOUR_PLAIN },
		{ "passed", pane_rate(view, delta, group->interval_ns, PANE_PASSED),
		  COLOUR_PASSED },
		{ delta->verdict[PORTSIEVE_WOULD_DROP].packets ? "would drop" : "dropped",
		  pane_rate(view, delta, group->interval_ns, PANE_DROPPED),
		  delta->verdict[PORTSIEVE_WOULD_DROP].packets ? COLOUR_WOULD_DROP
							       : COLOUR_DROPPED },
		{ "new", rate_per_second(delta->new_connections, group->interval_ns),
		  COLOUR_PLAIN },
	};
	int column = 1;

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		int length = (int)strlen(sums[i].name) + 1;
		struct rate_text text =
			i == 3 ? format_rate(sums[i].rate) : pane_rate_text(view, sums[i].rate);

		if (column + length + 6 > screen->columns)
			return;
		cells_put_text(screen, 2, column, length, look_faint, sums[i].name);
		cells_put_right(
			screen, 2, column + length, 6,
			(struct look){ .colour = group->interval_ns ? sums[i].colour : COLOUR_FAINT,
				       .bold = true },
			group->interval_ns ? text.text : "");
		column += length + (screen->columns < 60 ? 7 : 9);
	}
	if (column + 20 < screen->columns)
		cells_put_text(screen, 2, column, 20, look_faint,
			       view->settings.bits ? "bits per second" : "packets per second");
}

static void put_footer(struct screen *screen, const struct screen_view *view)
{
	static const char *const keys[] = { "q",      "quit",	  "?",	   "help",    "/",
					    "filter", "s",	  "sort",  "space",   "pause",
					    "u",      "units",	  "Enter", "why",     "d",
					    "device", "Tab",	  "pane",  "z",	      "baseline",
					    "a",      "all rows", "+-",	   "interval" };
	int row = screen->rows - 1, column = 1;
	char text[SCREEN_FILTER_MAX + 16];

	if (view->typing || view->filter[0]) {
		snprintf(text, sizeof(text), "/%s%s", view->filter, view->typing ? "_" : "");
		column += cells_put_text(screen, row, column, screen->columns - 2,
					 (struct look){ .colour = COLOUR_WOULD_DROP, .bold = true },
					 text) +
			  2;
		if (view->typing) {
			cells_put_text(screen, row, column, screen->columns - column, look_faint,
				       "port:80 rule:web reason:icmp source:192.0.2., or a part of "
				       "a name");
			return;
		}
	}
	snprintf(text, sizeof(text), "%s, %g s", watch_sort_names[view->settings.sort],
		 view->settings.interval_s);
	cells_put_right(screen, row, screen->columns - 21, 20, look_faint, text);
	for (size_t i = 0; i + 1 < ARRAY_SIZE(keys); i += 2) {
		int length = (int)(strlen(keys[i]) + strlen(keys[i + 1])) + 1;

		if (column + length > screen->columns - (int)strlen(text) - 2)
			return;
		cells_put_text(screen, row, column, 8, look_bold, keys[i]);
		cells_put_text(screen, row, column + (int)strlen(keys[i]) + 1, 12, look_faint,
			       keys[i + 1]);
		column += length + 2;
	}
}

/* Text over the middle of the screen, in a frame. */
static void put_box(struct screen *screen, const struct screen_view *view, const char *title,
		    const char *const *lines, int count)
{
	int width = (int)strlen(title) + 4, row, column;

	for (int i = 0; i < count; i++)
		if ((int)utf8_chars(lines[i], strlen(lines[i])) + 4 > width)
			width = (int)utf8_chars(lines[i], strlen(lines[i])) + 4;
	if (width > screen->columns)
		width = screen->columns;
	if (count > screen->rows - 2)
		count = screen->rows - 2;
	row = (screen->rows - count - 2) / 2;
	column = (screen->columns - width) / 2;
	for (int r = 0; r < count + 2; r++)
		for (int c = 0; c < width; c++) {
			bool side = c == 0 || c == width - 1, edge = r == 0 || r == count + 1;
			uint32_t character = ' ';

			if (view->ascii)
				character = side && edge ? '+' : side ? '|' : edge ? '-' : ' ';
			else if (edge && side)
				character = r ? (c ? 0x256f : 0x2570) : (c ? 0x256e : 0x256d);
			else if (edge || side)
				character = edge ? 0x2500 : 0x2502;
			cells_put(screen, row + r, column + c, character,
				  edge || side ? look_faint : look_plain);
		}
	cells_put_text(screen, row, column + 2, width - 4, look_bold, title);
	for (int i = 0; i < count; i++)
		cells_put_text(screen, row + 1 + i, column + 2, width - 4, look_plain, lines[i]);
}

static void put_help(struct screen *screen, const struct screen_view *view)
{
	static const char *const lines[] = {
		"arrows, hjkl  select a row; PgUp PgDn g G too",
		"Tab           next pane: rules, ports, sources, packets",
		"Enter         why: rule, line, service, what to type",
		"/             filter: port: rule: reason: source:, words",
		"Esc           no filter; close",
		"s             sort by the next column",
		"u             packets or bits",
		"a             rows that have counted nothing too",
		"d             next device or group",
		"space, p      pause",
		"+ -           longer or shorter interval",
		"z             count SINCE START from now, for you only",
		"q             quit; nothing is changed by top",
	};

	put_box(screen, view, " keys ", lines, ARRAY_SIZE(lines));
}

/*
 * The bytes of the text that fit into a line of so many characters: up to a space, but to none in
 * quotes. All of it if there is no such space.
 */
static size_t break_line(const char *text, size_t width)
{
	size_t end = 0;
	bool quoted = false;

	for (size_t i = 0; text[i]; i++) {
		quoted ^= text[i] == '\'';
		if (quoted || text[i] != ' ')
			continue;
		if (end && utf8_chars(text, i) > width)
			break;
		end = i;
	}
	return end ? end : strlen(text);
}

enum { WHY_BROKEN = 2 * SCREEN_WHY_LINES };

/*
 * Breaks commands that are too long so that a shell takes them. Labels end with a colon. Returns
 * how many lines there are.
 */
static int break_why(const struct screen_view *view, size_t width, bool with_labels,
		     char lines[WHY_BROKEN][SCREEN_WHY_MAX + 8])
{
	int count = 0;

	for (int i = 0; i < SCREEN_WHY_LINES && view->why[i][0] && count < WHY_BROKEN; i++) {
		const char *text = view->why[i], *indent = "";

		if (strncmp(text, "portsieve ", 10) != 0) {
			if (with_labels || text[strlen(text) - 1] != ':')
				strcpy(lines[count++], text);
			continue;
		}
		for (; *text && count < WHY_BROKEN; indent = "    ") {
			size_t room = width - strlen(indent), length = strlen(text);

			if (utf8_chars(text, length) > room)
				length = break_line(text, room - 2);
			snprintf(lines[count++], sizeof(lines[0]), "%s%.*s%s", indent, (int)length,
				 text, text[length] ? " \\" : "");
			text += length;
			text += *text == ' ';
		}
	}
	return count;
}

static void put_why(struct screen *screen, const struct screen_view *view)
{
	char broken[WHY_BROKEN][SCREEN_WHY_MAX + 8];
	const char *lines[WHY_BROKEN];
	size_t width = (size_t)screen->columns - 4;
	int count = break_why(view, width, true, broken);

	if (count > screen->rows - 2)
		count = break_why(view, width, false, broken);
	for (int i = 0; i < count; i++)
		lines[i] = broken[i];
	put_box(screen, view, " why ", lines, count);
}

/* ---- all of it ---- */

/* Which panes there is something to show in. */
static bool has_pane(const struct screen_view *view, enum screen_pane pane)
{
	switch (pane) {
	case PANE_PORTS:
		return view->ports;
	case PANE_SOURCES:
		return view->sources;
	case PANE_EVENTS:
		return view->events;
	default:
		return true;
	}
}

enum screen_pane screen_pane_next(const struct screen_view *view, bool back)
{
	int pane = view->pane;

	do
		pane = (pane + (back ? SCREEN_PANES - 1 : 1)) % SCREEN_PANES;
	while (!has_pane(view, pane));
	return pane;
}

static void put_pane(struct screen *screen, struct screen_view *view,
		     const struct watch_group *group, enum screen_pane pane, int at, int rows,
		     int column, int width)
{
	if (pane == PANE_RULES)
		pane_rules(screen, view, group, at, rows, width);
	else if (pane == PANE_PORTS)
		pane_ports(screen, view, at, rows, column, width);
	else if (pane == PANE_SOURCES)
		pane_sources(screen, view, at, rows, column, width);
	else
		pane_events(screen, view, at, rows, column, width);
}

enum {
	TOGETHER_ROWS = 22, /* from which on there is room for more than one pane */
	EVENTS_ROWS = 34,   /* for recorded packets beside ports or sources */
	BESIDE_COLUMNS = 130,
	BESIDE_WIDTH = 60,
	HALVES_COLUMNS = 112,
	LIST_WIDTH = 90,
	RULES_ROWS = 9, /* that the rules get before others get more than they need */
};

/* Ports, or sources, or both, in a band below the rules; where there is room for one, the chosen.
 */
static void put_lists(struct screen *screen, struct screen_view *view,
		      const struct watch_group *group, int at, int rows)
{
	int width = screen->columns > LIST_WIDTH ? LIST_WIDTH : screen->columns;
	enum screen_pane pane = view->ports	? PANE_PORTS
				: view->sources ? PANE_SOURCES
						: PANE_EVENTS;

	if (view->ports && view->sources && screen->columns >= HALVES_COLUMNS &&
	    (view->pane != PANE_EVENTS || screen->rows > EVENTS_ROWS)) {
		width = screen->columns / 2;
		pane_ports(screen, view, at, rows, 0, width - 1);
		pane_sources(screen, view, at, rows, width, screen->columns - width);
		return;
	}
	if (view->pane != PANE_RULES && (view->pane != PANE_EVENTS || screen->rows <= EVENTS_ROWS))
		pane = view->pane;
	put_pane(screen, view, group, pane, at, rows, 0,
		 pane == PANE_EVENTS ? screen->columns : width);
}

/* Ports and sources on the right of the rules, one above the other. */
static void put_beside(struct screen *screen, struct screen_view *view, int at, int rows)
{
	int column = screen->columns - BESIDE_WIDTH, upper = view->ports ? rows : 0;

	if (view->ports && view->sources)
		upper = rows * 3 / 5;
	if (view->ports)
		pane_ports(screen, view, at, upper, column, BESIDE_WIDTH);
	if (view->ports && view->sources)
		upper++;
	if (view->sources)
		pane_sources(screen, view, at + upper, rows - upper, column, BESIDE_WIDTH);
}

static void put_group(struct screen *screen, struct screen_view *view,
		      const struct watch_group *group)
{
	int rows = screen->rows - 1, at = 3, half = rows < 18 ? 0 : rows < 34 ? 1 : 3, tables;
	bool together = rows >= TOGETHER_ROWS;
	bool beside = (view->ports || view->sources) && screen->columns >= BESIDE_COLUMNS;
	int strip = view->ports && together && screen->columns >= 60 ? 3 + (rows - 14) / 4 : 0;
	int events = view->events && (rows >= EVENTS_ROWS || (beside && together))
			     ? 3 + (rows - TOGETHER_ROWS) / 5
			     : 0;
	int list =
		together && !beside && (view->ports || view->sources || (view->events && !events))
			? 3 + (rows - TOGETHER_ROWS) / 4
			: 0;

	for (;;) {
		tables = rows - at - (half ? 2 * half + 1 : rows > 12) - (strip ? strip + 1 : 0) -
			 (list ? list + 1 : 0) - (events ? events + 1 : 0);
		if (tables >= RULES_ROWS)
			break;
		if (half > 2)
			half--;
		else if (strip > 7)
			strip--;
		else if (events > 5)
			events--;
		else if (list > 5)
			list--;
		else if (half > 1)
			half--;
		else
			break;
	}
	put_device(screen, view, group);
	put_sums(screen, view, group);
	if (half) {
		graph_sums(screen, view, group, at, half);
		at += 2 * half + 1;
	} else {
		at += rows > 12;
	}
	if (!together) {
		put_pane(screen, view, group, view->pane, at, tables, 0, screen->columns);
		return;
	}
	pane_rules(screen, view, group, at, tables,
		   screen->columns - (beside ? BESIDE_WIDTH + 2 : 0));
	if (beside)
		put_beside(screen, view, at, tables);
	at += tables + 1;
	if (list) {
		put_lists(screen, view, group, at, list);
		at += list + 1;
	}
	if (events) {
		pane_events(screen, view, at, events, 0, screen->columns);
		at += events + 1;
	}
	if (strip)
		graph_strip(screen, view, group, at, strip);
}

void screen_draw(struct screen_view *view, struct screen *screen)
{
	const struct watch_groups *groups = &view->watch->groups;

	view->row = NULL;
	view->port = NULL;
	view->source = NULL;
	view->event = NULL;
	if (!has_pane(view, view->pane))
		view->pane = PANE_RULES;
	memset(view->pane_rows, 0, sizeof(view->pane_rows));
	put_head(screen, view);
	if (view->group >= groups->count)
		view->group = 0;
	if (groups->count)
		put_group(screen, view, &groups->groups[view->group]);
	else
		cells_put_text(screen, 2, 1, screen->columns - 2, look_faint,
			       "to load a device: portsieve load DEV");
	for (size_t i = 0; i < view->watch->snapshot.unreadable_count && !groups->count; i++)
		cells_put_text(screen, 4 + (int)i, 1, screen->columns - 2, look_plain,
			       view->watch->snapshot.unreadable[i].error.text);
	put_footer(screen, view);
	if (view->help)
		put_help(screen, view);
	if (view->why[0][0])
		put_why(screen, view);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bars from eighths of a cell, and the strip of all ports from halves. */
#include "watch/graphs.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* The block that fills `eighths` of a cell from below. */
static uint32_t bar(const struct screen_view *view, int eighths)
{
	static const char ascii[] = " .:-=+*##";

	if (view->ascii)
		return (uint32_t)ascii[eighths];
	return eighths ? 0x2580 + (uint32_t)eighths : ' ';
}

/* Something is at least a line. */
static int eighths_of(double value, double most, int full)
{
	int eighths = most > 0 ? (int)(value / most * full + 0.5) : 0;

	if (eighths > full)
		eighths = full;
	return value > 0 && eighths < 1 ? 1 : eighths;
}

/* A block from above: the reverse of what is missing from below. In ASCII it is one from below. */
static void put_bar_down(struct screen *screen, const struct screen_view *view, int row, int column,
			 int eighths, enum screen_colour colour)
{
	bool reverse = eighths < 8 && !view->ascii;

	cells_put(screen, row, column, bar(view, reverse ? 8 - eighths : eighths),
		  (struct look){ .colour = colour, .reverse = reverse });
}

/*
 * The latest readings of a row from left to right, the latest at the right: upwards if most packets
 * passed, downwards if they were dropped, by one scale.
 */
void graph_sparkline(struct screen *screen, const struct screen_view *view,
		     const struct watch_group *group, const struct watch_row *row, int at,
		     int column, int width)
{
	const struct history_row *of_row = history_row_of(view->history, group, row);
	double most = 0;

	for (int i = 0; i < width; i++) {
		struct history_rate rate = history_rate_of(view->history, of_row, (unsigned)i);

		if (rate.passed + rate.dropped > most)
			most = rate.passed + rate.dropped;
	}
	for (int i = 0; i < width; i++) {
		struct history_rate rate =
			history_rate_of(view->history, of_row, (unsigned)(width - 1 - i));
		int eighths = eighths_of(rate.passed + rate.dropped, most, 8);

		if (!eighths)
			continue;
		if (rate.dropped > rate.passed)
			put_bar_down(screen, view, at, column + i, eighths, COLOUR_DROPPED);
		else
			cells_put(screen, at, column + i, bar(view, eighths),
				  (struct look){ .colour = COLOUR_PASSED });
	}
}

/* All packets: passed upwards from the line between, dropped downwards, by one scale. */
void graph_sums(struct screen *screen, const struct screen_view *view,
		const struct watch_group *group, int at, int half)
{
	const struct history_row *all = history_row_of(view->history, group, &group->all);
	int width = screen->columns - 2;
	double most = 0;

	if (width > HISTORY_LENGTH)
		width = HISTORY_LENGTH;
	for (int i = 0; i < width; i++) {
		struct history_rate rate = history_rate_of(view->history, all, (unsigned)i);

		most = rate.passed > most ? rate.passed : most;
		most = rate.dropped > most ? rate.dropped : most;
	}
	for (int i = 0; i < width; i++) {
		struct history_rate rate =
			history_rate_of(view->history, all, (unsigned)(width - 1 - i));
		int up = eighths_of(rate.passed, most, half * 8);
		int down = eighths_of(rate.dropped, most, half * 8);
		int column = screen->columns - 1 - width + i;

		for (int row = 0; row < half; row++) {
			int of_up = up - row * 8, of_down = down - row * 8;

			if (of_up > 0)
				cells_put(screen, at + half - 1 - row, column,
					  bar(view, of_up > 8 ? 8 : of_up),
					  (struct look){ .colour = COLOUR_PASSED });
			if (of_down > 0)
				put_bar_down(screen, view, at + half + row, column,
					     of_down > 8 ? 8 : of_down, COLOUR_DROPPED);
		}
	}
}

/* What a column of the strip shows of a reading. */
static enum screen_colour strip_colour(const struct history_ports *ports, int column, int width)
{
	int from = column * HISTORY_BUCKETS / width, to = (column + 1) * HISTORY_BUCKETS / width;
	bool any = false, fresh = false;

	if (!ports)
		return COLOUR_PLAIN;
	for (int i = from; i < (to > from ? to : from + 1); i++) {
		if (ports->hot[i])
			return COLOUR_HOT;
		any |= ports->bucket[i] > 0;
		fresh |= ports->fresh[i];
	}
	if (!any)
		return COLOUR_PLAIN;
	return fresh && ports->distinct >= SENTENCE_SCAN_PORTS ? COLOUR_SCAN : COLOUR_FAINT;
}

/* All 65,536 ports from left to right, the newest reading on top, two readings a row. */
void graph_strip(struct screen *screen, const struct screen_view *view,
		 const struct watch_group *group, int at, int rows)
{
	uint32_t ifindex = group->devices[0]->device->device.ifindex;
	static const int marks[] = { 0, 8192, 16384, 24576, 32768, 40960, 49152, 57344 };
	int width = screen->columns - 2, end;
	bool is_empty = true;

	cells_put_text(screen, at, 1, 40, look_bold, "DROPPED BY PORT, newest first");
	end = screen->columns - 1;
	if (end > 90) {
		static const struct {
			const char *text;
			enum screen_colour colour;
		} legend[] = { { "many ports at once", COLOUR_SCAN },
			       { "far over its usual rate", COLOUR_HOT },
			       { "usual", COLOUR_FAINT } };

		for (size_t i = 0; i < ARRAY_SIZE(legend); i++) {
			int length = (int)strlen(legend[i].text);

			end -= length + 1;
			cells_put_text(screen, at, end + 1, length, look_faint, legend[i].text);
			end -= 2;
			cells_put(screen, at, end + 1, view->ascii ? '#' : 0x25a0,
				  (struct look){ .colour = legend[i].colour });
			end--;
		}
	}
	for (int row = 0; row < rows - 2; row++)
		for (int column = 0; column < width; column++) {
			enum screen_colour up, down;
			uint32_t character;

			up = strip_colour(
				history_ports_of(view->history, ifindex, 2 * (unsigned)row), column,
				width);
			down = strip_colour(
				history_ports_of(view->history, ifindex, 2 * (unsigned)row + 1),
				column, width);
			if (!up && !down)
				continue;
			is_empty = false;
			/* One colour for a cell: that of what stands out more. */
			character = up && down ? 0x2588 : up ? 0x2580 : 0x2584;
			if (view->ascii)
				character = up && down ? '#' : up ? '"' : '.';
			cells_put(screen, at + 1 + row, column + 1, character,
				  (struct look){ .colour = up > down ? up : down });
		}
	if (is_empty)
		cells_put_text(screen, at + 1, 1, width, look_faint,
			       "no packet has been dropped on a port of late");
	for (size_t i = 0; i < ARRAY_SIZE(marks); i += width < 100 ? 2 : 1) {
		char text[8];

		snprintf(text, sizeof(text), "%d", marks[i]);
		cells_put_text(screen, at + rows - 1, 1 + (int)((long)marks[i] * width / 65536), 6,
			       look_faint, text);
	}
	cells_put_right(screen, at + rows - 1, width - 5, 6, look_faint, "65535");
}

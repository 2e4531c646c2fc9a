/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `top` draws of the history: sparklines, the graph of all packets, the strip of ports. Pure.
 */
#ifndef PORTSIEVE_WATCH_GRAPHS_H
#define PORTSIEVE_WATCH_GRAPHS_H

#include "watch/screen.h"

/*
 * The latest readings of a row from left to right, the latest at the right: upwards if most packets
 * passed, downwards if they were dropped, by one scale.
 */
void graph_sparkline(struct screen *screen, const struct screen_view *view,
		     const struct watch_group *group, const struct watch_row *row, int at,
		     int column, int width);

/*
 * All packets over the whole width, in 2 * half rows: passed upwards from the line between, dropped
 * downwards, by one scale.
 */
void graph_sums(struct screen *screen, const struct screen_view *view,
		const struct watch_group *group, int at, int half);

/* All 65,536 ports from left to right, the newest reading on top, two readings a row. */
void graph_strip(struct screen *screen, const struct screen_view *view,
		 const struct watch_group *group, int at, int rows);

#endif

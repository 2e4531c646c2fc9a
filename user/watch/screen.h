/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen of `top` as cells: a function of readings, settings and a size. terminal.c draws them.
 * Pure.
 */
#ifndef PORTSIEVE_WATCH_SCREEN_H
#define PORTSIEVE_WATCH_SCREEN_H

#include "datapath/port_counts.h"
#include "watch/cells.h"
#include "watch/history.h"
#include "watch/watch.h"

enum screen_pane {
	PANE_RULES,
	PANE_PORTS,
	PANE_SOURCES,
	PANE_EVENTS,
	SCREEN_PANES,
};

/* What people choose; it is remembered. */
struct screen_settings {
	int sort;	   /* enum watch_sort */
	bool bits;	   /* instead of packets per second */
	bool all_rows;	   /* also those that have counted nothing */
	double interval_s; /* between readings */
};

/* A port of the list of ports. */
struct screen_port {
	struct port_key key;
	double passed, dropped; /* packets a second; dropped: or would be */
	uint64_t total;		/* packets */
	bool is_new;
	const char *service; /* of the registry; NULL: none */
};

/* A source of dropped packets: estimates. */
struct screen_source {
	char address[48];
	double dropped;	    /* a second, or would be */
	uint64_t total;	    /* packets */
	unsigned int ports; /* at least so many */
	uint8_t transport;  /* and `port`: of the first one; 0: none */
	uint16_t port;
	bool noise;
};

/* A recorded packet. Texts are "" where there is none. */
struct screen_event {
	char time[16]; /* "09:12:03" */
	enum portsieve_verdict verdict;
	char rule[64];
	uint32_t line; /* of the rule, in its file; 0: none */
	char reason[32];
	char protocol[24];
	char source[64]; /* "192.0.2.1:40000" */
	char target[64];
	bool has_port;
	uint8_t transport;
	uint16_t port;
	uint32_t length; /* bytes */
};

enum { SCREEN_FILTER_MAX = 64, SCREEN_WHY_LINES = 9, SCREEN_WHY_MAX = 200 };

struct screen_view {
	const struct watch *watch;
	const struct history *history;
	struct screen_settings settings;
	size_t group;	    /* that is shown, of watch->groups */
	const char *time;   /* of the latest reading, */
	unsigned int age_s; /* and how long ago that was */
	bool paused;
	bool ascii;

	/* Ports by single port; NULL: they are not counted. */
	const struct screen_port *ports;
	size_t ports_count;
	bool ports_more; /* than are in the list */

	/* NULL: packets are not recorded. */
	const struct screen_source *sources; /* those with most packets first */
	size_t sources_count;
	const struct screen_event *events; /* the latest first */
	size_t events_count;

	enum screen_pane pane;
	size_t selected[SCREEN_PANES]; /* kept in range by screen_draw */
	size_t scrolled[SCREEN_PANES];
	char filter[SCREEN_FILTER_MAX];
	bool typing; /* the filter */
	bool help;
	char why[SCREEN_WHY_LINES][SCREEN_WHY_MAX]; /* shown if the first is not empty */

	/* Set by screen_draw: where the rows of a pane are, for the mouse. */
	int pane_row[SCREEN_PANES], pane_rows[SCREEN_PANES];
	int pane_column[SCREEN_PANES], pane_width[SCREEN_PANES];
	const struct watch_row *row;	    /* that is selected; NULL: none */
	const struct screen_port *port;	    /* the same */
	const struct screen_source *source; /* the same */
	const struct screen_event *event;   /* the same */
};

/* Fills in the whole screen. */
void screen_draw(struct screen_view *view, struct screen *screen);

/* The pane that Tab chooses next (or Shift-Tab: back), of those that have something to show. */
enum screen_pane screen_pane_next(const struct screen_view *view, bool back);

#endif

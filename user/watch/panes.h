/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of `top`: rules with reasons, ports, sources, recorded packets. Pure. */
#ifndef PORTSIEVE_WATCH_PANES_H
#define PORTSIEVE_WATCH_PANES_H

#include "print/format.h"
#include "watch/screen.h"

enum pane_verdicts {
	PANE_PASSED = 1 << PORTSIEVE_PASSED,
	PANE_DROPPED = 1 << PORTSIEVE_DROPPED | 1 << PORTSIEVE_WOULD_DROP,
};

/* The rate that is shown, in packets or bits, of these verdicts (bits 1 << verdict); its text. */
double pane_rate(const struct screen_view *view, const struct portsieve_counter *delta,
		 uint64_t interval_ns, unsigned int verdicts);
struct rate_text pane_rate_text(const struct screen_view *view, double rate);

/* Each fills `rows` rows from `at` on, with its heading, and sets what is selected in the view. */
void pane_rules(struct screen *screen, struct screen_view *view, const struct watch_group *group,
		int at, int rows, int width);
void pane_ports(struct screen *screen, struct screen_view *view, int at, int rows, int column,
		int width);
void pane_sources(struct screen *screen, struct screen_view *view, int at, int rows, int column,
		  int width);
void pane_events(struct screen *screen, struct screen_view *view, int at, int rows, int column,
		 int width);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates as text: a frame for a terminal, lines with the time for a file. */
#ifndef PORTSIEVE_WATCH_TEXT_H
#define PORTSIEVE_WATCH_TEXT_H

#include <stdio.h>

#include "base/text_table.h"
#include "watch/rows.h"
#include "watch/sentence.h"

/* One reading, and how to show it. */
struct watch_frame {
	const struct watch_groups *groups;
	const struct snapshot *snapshot; /* for devices that cannot be read */
	const char *time;		 /* "2026-11-30 06:12:03" */
	const struct sentence *sentence;
	bool all_rows; /* also those that have counted nothing */
	bool coloured;

	/* State across frames; zero at first. */
	int widths[TABLE_COLUMNS_MAX];
	bool has_heading;     /* for lines: it has been printed */
	struct sentence said; /* for lines: the previous one */
};

/*
 * Prints the sentence, then a table per group of devices. Leaves out columns if a table is wider
 * than `columns`; other lines may be longer. Returns 0 or -ENOMEM.
 */
int watch_print_frame(struct watch_frame *frame, int columns, FILE *file);

/*
 * Prints the sentence if it is new, a line for each row with packets in the interval, and one for
 * the sum. Returns 0 or -ENOMEM.
 */
int watch_print_lines(struct watch_frame *frame, FILE *file);

#endif

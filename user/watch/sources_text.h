/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources of recorded packets, as a table per device and as JSON. */
#ifndef PORTSIEVE_WATCH_SOURCES_TEXT_H
#define PORTSIEVE_WATCH_SOURCES_TEXT_H

#include <stdio.h>

#include "watch/sources.h"

/* The sources of one device. Times are CLOCK_BOOTTIME. */
struct sources_view {
	const struct datapath_device *device;
	const struct sources *sources;
	const struct source **sorted; /* sources_sort */
	uint64_t since_ns, until_ns;  /* the interval of the packets */
	uint64_t real_offset_ns;      /* add it for CLOCK_REALTIME */
	size_t top;		      /* show at most so many */
	bool noise;		      /* also those that are noise */
};

/* Both return 0 or -ENOMEM. */
int sources_print_text(const struct sources_view *view, FILE *file);
int sources_print_json(const struct sources_view *views, size_t count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of `flood`, their table and its help. */
#ifndef TRAFFIC_OPTIONS_H
#define TRAFFIC_OPTIONS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>

#include "frame.h"

struct options {
	const char *device;
	const char *source; /* as typed, or NULL; parsed into frame */
	const char *destination;
	struct frame_request frame; /* without source_mac; destination_mac if has_mac */
	bool has_mac;
	bool json;
	bool help;
	__u64 count_packets; /* at least one of these two is a limit ... */
	double seconds;	     /* ... 0: no limit */
	__u64 rate;	     /* packets per second; 0: as fast as possible */
	__u32 batch_packets;
	bool rush;
	__u64 seed;
};

/*
 * Sets *ret_options, which points into argv; or prints what is wrong with the command line and
 * returns -EINVAL.
 */
int options_parse(int argc, char **argv, struct options *ret_options);

void options_print_help(FILE *file);

#endif

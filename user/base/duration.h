/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations as people write them: "90", "90s", "10m", "2h", "1d", "1w", "1h30m". Pure. */
#ifndef PORTSIEVE_DURATION_H
#define PORTSIEVE_DURATION_H

#include <stdint.h>

enum duration_limits {
	DURATION_SECONDS_MIN = 1,
	DURATION_SECONDS_MAX = 365 * 86400,
};

/*
 * Reads numbers with units, from the largest unit to the smallest, each at most once; a number
 * alone is in seconds. Returns -EINVAL, with *ret_seconds untouched, if the text is not of this
 * form or outside the limits.
 */
int duration_read(const char *text, uint32_t *ret_seconds);

/* "1h30m", in days from 1d on; "0s" for 0. */
struct duration_text {
	char text[32];
};
struct duration_text duration_print(uint64_t seconds);

/* The two largest units alone: "3d4h", "2h13m", "50s". */
struct duration_text duration_print_rough(uint64_t seconds);

#endif

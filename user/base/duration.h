/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations as people write them: "90", "90s", "10m", "2h", "7d", "1h30m". Pure. */
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

/* "1h30m"; "0s" for 0. */
struct duration_text {
	char text[32];
};
struct duration_text duration_print(uint64_t seconds);

#endif

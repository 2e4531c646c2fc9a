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
 * Parses numbers with units, largest unit first, each at most once; a bare number is in seconds.
 * Returns -EINVAL, with *ret_seconds untouched, if the text is malformed or out of range.
 */
int duration_read(const char *text, uint32_t *ret_seconds);

/* "1h30m"; the largest unit is days; "0s" for 0. */
struct duration_text {
	char text[32];
};
struct duration_text duration_print(uint64_t seconds);

/* Only the two largest units: "3d4h", "2h13m", "50s". */
struct duration_text duration_print_rough(uint64_t seconds);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CLOCK_BOOTTIME, which all deadlines use, and its distance from CLOCK_REALTIME. */
#ifndef PORTSIEVE_CLOCK_H
#define PORTSIEVE_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "base/deadline.h"

/* CLOCK_BOOTTIME now, in nanoseconds. */
static inline uint64_t boottime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/*
 * CLOCK_REALTIME minus CLOCK_BOOTTIME. The two cannot be read at the same instant: reads them three
 * times and takes the pair with the least time in between.
 */
static inline uint64_t clock_real_offset_ns(void)
{
	uint64_t most_ns = 0;

	for (int i = 0; i < 3; i++) {
		struct timespec now;
		uint64_t offset_ns;

		clock_gettime(CLOCK_REALTIME, &now);
		offset_ns =
			(uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec - boottime_ns();
		if (offset_ns > most_ns)
			most_ns = offset_ns;
	}
	return most_ns;
}

#endif

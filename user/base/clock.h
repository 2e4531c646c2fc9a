/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of all ends and deadlines. */
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

#endif

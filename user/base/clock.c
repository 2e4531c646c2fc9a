/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the clock. */
#include "base/clock.h"
#include "base/deadline.h"

#include <time.h>

uint64_t boottime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

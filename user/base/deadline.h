/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends and deadlines, in nanoseconds of CLOCK_BOOTTIME. Pure: the caller says what time it is. */
#ifndef PORTSIEVE_DEADLINE_H
#define PORTSIEVE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_NS UINT64_C(1000000000)

/* Has it passed? 0 means no end. */
static inline bool has_ended(uint64_t until_ns, uint64_t now_ns)
{
	return until_ns && until_ns <= now_ns;
}

/* The seconds left, rounded up; 0 if it has passed, or if there is no end. */
static inline uint64_t seconds_until(uint64_t until_ns, uint64_t now_ns)
{
	return until_ns <= now_ns ? 0 : (until_ns - now_ns + SECOND_NS - 1) / SECOND_NS;
}

#endif

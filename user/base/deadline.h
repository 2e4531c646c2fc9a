/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deadlines in nanoseconds of CLOCK_BOOTTIME. Pure: the caller passes the current time. */
#ifndef PORTSIEVE_DEADLINE_H
#define PORTSIEVE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_NS UINT64_C(1000000000)

/* Has the deadline passed? 0 means none. */
static inline bool has_ended(uint64_t until_ns, uint64_t now_ns)
{
	return until_ns && until_ns <= now_ns;
}

/* The seconds left, rounded up; 0 if the deadline has passed or there is none. */
static inline uint64_t seconds_until(uint64_t until_ns, uint64_t now_ns)
{
	return until_ns <= now_ns ? 0 : (until_ns - now_ns + SECOND_NS - 1) / SECOND_NS;
}

#endif

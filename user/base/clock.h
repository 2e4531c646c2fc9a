/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of all ends and deadlines: CLOCK_BOOTTIME in nanoseconds, and what they come to. */
#ifndef PORTSIEVE_BOOTTIME_H
#define PORTSIEVE_BOOTTIME_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_NS UINT64_C(1000000000)

/* The time now. */
uint64_t boottime_ns(void);

/* Is a rule's time over? until_ns of 0 is without end. Pure. */
static inline bool has_ended(uint64_t until_ns, uint64_t now_ns)
{
	return until_ns && until_ns <= now_ns;
}

/* Seconds until then, rounded up; 0: the time has come, or until_ns is 0. Pure. */
static inline uint64_t seconds_until(uint64_t until_ns, uint64_t now_ns)
{
	return until_ns <= now_ns ? 0 : (until_ns - now_ns + SECOND_NS - 1) / SECOND_NS;
}

#endif

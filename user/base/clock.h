/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of all ends and deadlines. */
#ifndef PORTSIEVE_CLOCK_H
#define PORTSIEVE_CLOCK_H

#include <stdint.h>

/* CLOCK_BOOTTIME now, in nanoseconds. */
uint64_t boottime_ns(void);

#endif

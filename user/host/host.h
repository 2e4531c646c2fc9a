/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of this host that the meaning of a policy depends on, and the wall clock. */
#ifndef PORTSIEVE_HOST_H
#define PORTSIEVE_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* Of the current network namespace. */
struct host_settings {
	uint16_t ephemeral_low; /* ip_local_port_range */
	uint16_t ephemeral_high;
	bool forwards_ipv6;
};

/* The settings now; Linux's defaults where /proc cannot be read. */
struct host_settings host_settings_read(void);

/* CLOCK_REALTIME now, in nanoseconds. */
int64_t host_realtime_ns(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the host's settings from /proc. */
#include "host/host.h"

#include <time.h>

#include "base/cleanup.h"

struct host_settings host_settings_read(void)
{
	_cleanup_fclose_ FILE *ports = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	_cleanup_fclose_ FILE *forwarding = fopen("/proc/sys/net/ipv6/conf/all/forwarding", "re");
	struct host_settings host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };
	unsigned int low, high;

	if (ports && fscanf(ports, "%u %u", &low, &high) == 2 && low <= high && high <= 65535) {
		host.ephemeral_low = low;
		host.ephemeral_high = high;
	}
	host.forwards_ipv6 = forwarding && fgetc(forwarding) == '1';
	return host;
}

int64_t host_realtime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

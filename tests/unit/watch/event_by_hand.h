/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded packets for the tests of sources. */
#ifndef TESTS_UNIT_WATCH_EVENT_BY_HAND_H
#define TESTS_UNIT_WATCH_EVENT_BY_HAND_H

#include <string.h>

#include "datapath/events.h"

/* A TCP segment from this IPv4 address (host order) that was dropped, for so many packets. */
static struct event event_of(uint32_t source, double packets, uint16_t port)
{
	struct event event = {
		.record = { .captured_bytes = 54,
			    .verdict = PORTSIEVE_DROPPED,
			    .has_port = 1,
			    .transport = PORTSIEVE_TCP,
			    .port = port,
			    .frame = { [12] = 0x08, [14] = 0x45, [23] = 6 } },
		.packets = packets,
	};
	uint32_t network = __builtin_bswap32(source);

	memcpy(&event.record.frame[26], &network, sizeof(network));
	return event;
}

#endif

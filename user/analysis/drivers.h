/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What drivers require for XDP, from their sources. Only kernels from 6.3 on report which drivers
 * support XDP, and none reports the rest.
 */
#ifndef PORTSIEVE_DRIVERS_H
#define PORTSIEVE_DRIVERS_H

#include <stdint.h>

/* A driver's requirements for its queues. */
enum driver_queues {
	DRIVER_ANY_QUEUES,
	DRIVER_HALF_OF_QUEUES, /* XDP needs a second transmit queue for each queue */
	DRIVER_ONLY_COMBINED,  /* no separate RX or TX queues */
	DRIVER_QUEUE_PER_CPU,  /* a spare queue for each CPU, before Linux 5.13 */
};

struct driver {
	const char *name;     /* as ethtool shows it */
	uint32_t native_from; /* the first kernel with native XDP: see DOCTOR_VERSION; 0: none */
	uint32_t frags_from;  /* with frames in several buffers; 0: none */
	uint32_t mtu_max;     /* for programs without frags support; 0: unknown */
	enum driver_queues queues;
};

/* NULL: the driver is not in the list. */
const struct driver *driver_find(const char *name);

#endif

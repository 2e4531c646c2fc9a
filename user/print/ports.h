/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets by single port, as a table per device and as JSON. */
#ifndef PORTSIEVE_PRINT_PORTS_H
#define PORTSIEVE_PRINT_PORTS_H

#include "datapath/port_counts.h"

/* The ports of one device to show. */
struct ports_view {
	const struct datapath_device *device;
	const struct port_counts *counts;
	const struct port_key *ports; /* sorted */
	size_t shown;
	size_t seen; /* ports with packets; at least `shown` */
};

/* Both return 0 or -ENOMEM. */
int print_ports_text(const struct ports_view *view);
int print_ports_json(const struct ports_view *views, size_t count);

#endif

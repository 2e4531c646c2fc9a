/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets by single port, of a device that counts them (--per-port). */
#ifndef PORTSIEVE_PORT_COUNTS_H
#define PORTSIEVE_PORT_COUNTS_H

#include "datapath/datapath.h"

/* The time in a first_s and since_s is CLOCK_BOOTTIME in seconds. */
struct port_counts {
	enum datapath_per_port per_port; /* _DROPPED: passed packets are not counted */
	uint64_t read_ns;		 /* CLOCK_BOOTTIME */
	uint32_t since_s;		 /* when counting began */
	/* by enum portsieve_transport, verdict and port (host order) */
	uint64_t packets[PORTSIEVE_PORT_TRANSPORTS][PORTSIEVE_VERDICTS][PORTSIEVE_PORTS];
	/* when the first packet was counted; 0: none */
	uint32_t first_s[PORTSIEVE_PORT_TRANSPORTS][PORTSIEVE_PORTS];

	/* the same instant as read_ns, in nanoseconds of CLOCK_REALTIME */
	uint64_t read_real_ns;
};

enum { PORT_NEW_SECONDS = 24 * 3600 };

struct port_key {
	uint16_t port; /* host order */
	uint16_t transport;
};

enum port_order {
	PORTS_BY_PACKETS,    /* most first, like the next */
	PORTS_BY_DROPPED,    /* dropped and would-drop */
	PORTS_BY_FIRST_SEEN, /* latest first */
};

/* Was the first packet counted less than PORT_NEW_SECONDS before the counts were read? */
bool port_is_new(const struct port_counts *counts, enum portsieve_transport transport,
		 uint16_t port);

/* The packets of a port that were dropped, or would have been. */
static inline uint64_t port_dropped(const struct port_counts *counts, int transport,
				    unsigned int port)
{
	return counts->packets[transport][PORTSIEVE_DROPPED][port] +
	       counts->packets[transport][PORTSIEVE_WOULD_DROP][port];
}

/* The packets of a port with any verdict. */
uint64_t port_packets(const struct port_counts *counts, enum portsieve_transport transport,
		      uint16_t port);

/*
 * The ports with packets, sorted; the caller frees *ret_ports. Ties are broken by port, then TCP
 * before UDP. -ENOMEM.
 */
int port_counts_sort(const struct port_counts *counts, enum port_order order,
		     struct port_key **ret_ports, size_t *ret_count);

/*
 * Reads the counts of a device: takes 2 ms and 4 MB, and no lock. Each port's count is exact; they
 * are not a snapshot of one instant. *ret_counts is NULL if the device does not count by port; the
 * caller frees it.
 */
int port_counts_read(const struct datapath *datapath, const struct datapath_device *device,
		     struct port_counts **ret_counts, struct error *error);

/* Adds the packets of another device, and takes the earlier first packet of each port. */
void port_counts_add(struct port_counts *sum, const struct port_counts *counts);

#endif

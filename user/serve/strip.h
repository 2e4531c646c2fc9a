/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ports that packets came to, by second: all ports in columns for 15 minutes, single ports for
 * the last two. Pure. Packet counts are stored as bytes on a logarithmic scale: 0 for none, else 16
 * * log2(1 + packets), rounded and at most 255.
 */
#ifndef PORTSIEVE_SERVE_STRIP_H
#define PORTSIEVE_SERVE_STRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/port_counts.h"

enum strip_limits {
	STRIP_COLUMNS = 1024,
	STRIP_COLUMN_PORTS = PORTSIEVE_PORTS / STRIP_COLUMNS,
	STRIP_SECONDS = 900,
	STRIP_FULL_SECONDS = 120,
	STRIP_FULL_BYTES_MAX = 16 << 20, /* of all strips together */
	STRIP_TRANSPORTS = 2,		 /* TCP and UDP; the others are rare */
};

/* Dropped includes would-drop. */
enum strip_plane {
	STRIP_TCP_DROPPED,
	STRIP_UDP_DROPPED,
	STRIP_TCP_PASSED,
	STRIP_UDP_PASSED,
	STRIP_PLANES,
	/* The same planes again, but with how many ports of a column were hit. */
	STRIP_ALL_PLANES = 2 * STRIP_PLANES,
};

/* "tcp_dropped", ..., "udp_passed_ports". */
extern const char *const strip_plane_names[STRIP_ALL_PLANES];

struct strip_cell {
	uint16_t port;
	uint8_t value;
};

/* A plane of one second by port: as a list, or as bytes if that is shorter, or nothing. */
struct strip_ports {
	struct strip_cell *cells;
	uint32_t count;
	uint8_t *bytes;
};

struct strip_full {
	int64_t second;
	size_t size;
	struct strip_ports planes[STRIP_PLANES];
};

struct strip {
	uint64_t origin;       /* of `before` */
	int64_t first, second; /* the first and the latest one; 0: none yet */
	uint32_t distinct;     /* ports with dropped packets in the latest second */
	uint32_t before[STRIP_PLANES][PORTSIEVE_PORTS]; /* packets at the latest reading */
	uint32_t delta[STRIP_PLANES][PORTSIEVE_PORTS];	/* in the latest second */
	int64_t seconds[STRIP_SECONDS];			/* of the rows, by second % STRIP_SECONDS */
	uint8_t columns[STRIP_SECONDS][STRIP_ALL_PLANES][STRIP_COLUMNS];
	uint8_t used[STRIP_SECONDS];		    /* bits of a row's planes that have packets */
	struct strip_full full[STRIP_FULL_SECONDS]; /* by second % STRIP_FULL_SECONDS */
	size_t *full_bytes;			    /* of all strips; owned by the caller */
};

/* NULL: out of memory. The caller owns it (strip_free). */
struct strip *strip_new(size_t *full_bytes);
void strip_free(struct strip *strip);

/*
 * Adds the counts since the previous reading as the packets of that second (since 1970). The first
 * reading, and the first one after `origin` changed because the devices or their counters did, adds
 * nothing. Returns whether a second was added.
 */
bool strip_add(struct strip *strip, int64_t second, uint64_t origin,
	       const struct port_counts *counts);

/* Restores the columns of a second from a saved strip. */
void strip_restore(struct strip *strip, int64_t second, uint8_t used,
		   uint8_t columns[STRIP_ALL_PLANES][STRIP_COLUMNS]);

/* The row of the latest second; NULL if no packet came. */
const uint8_t *strip_latest(const struct strip *strip, enum strip_plane plane);

struct strip_area {
	enum strip_plane plane;
	uint16_t low, high;
	int64_t since; /* return only later seconds */

	/* The answer: rows of `columns` bytes for the seconds from `start` on. */
	int64_t start;
	size_t rows, columns;
};

/*
 * Reads an area and fills in the rest of *area. The caller frees *ret_bytes. All ports: the stored
 * columns. Fewer ports: only the last STRIP_FULL_SECONDS, with one column per port up to
 * STRIP_COLUMNS. Returns 0 or -ENOMEM.
 */
int strip_read(const struct strip *strip, struct strip_area *area, uint8_t **ret_bytes);

/* Converts a number of packets to a value, and a value to about the number of packets. */
uint8_t strip_value(uint64_t packets);
double strip_packets(uint8_t value);

#endif

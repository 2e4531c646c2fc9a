/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rings of rows of columns, and of ports. */
#include "serve/strip.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

const char *const strip_plane_names[STRIP_ALL_PLANES] = {
	[STRIP_TCP_DROPPED] = "tcp_dropped",
	[STRIP_UDP_DROPPED] = "udp_dropped",
	[STRIP_TCP_PASSED] = "tcp_passed",
	[STRIP_UDP_PASSED] = "udp_passed",
	[STRIP_PLANES + STRIP_TCP_DROPPED] = "tcp_dropped_ports",
	[STRIP_PLANES + STRIP_UDP_DROPPED] = "udp_dropped_ports",
	[STRIP_PLANES + STRIP_TCP_PASSED] = "tcp_passed_ports",
	[STRIP_PLANES + STRIP_UDP_PASSED] = "udp_passed_ports",
};
static_assert(STRIP_ALL_PLANES <= 8, "strip.used has a bit for each plane");

/* 2^(value / 16) */
static double power(unsigned int value)
{
	static const double roots[] = { 1.0442737824274138, 1.0905077326652577, 1.1892071150027210,
					1.4142135623730951 }; /* 2^(1/16), 2^(1/8), ... */
	double power = (double)(UINT64_C(1) << value / 16);

	for (unsigned int bit = 0; bit < ARRAY_SIZE(roots); bit++)
		if (value >> bit & 1)
			power *= roots[bit];
	return power;
}

double strip_packets(uint8_t value)
{
	return power(value) - 1;
}

uint8_t strip_value(uint64_t packets)
{
	/* the least number of packets for each value: half a step below it on the scale */
	static double least[256];
	unsigned int low = 0, high = 255;

	if (least[255] == 0)
		for (unsigned int value = 1; value < 256; value++)
			least[value] = power(value) / 1.0218971486541166 - 1;
	if (!packets)
		return 0;
	while (low < high) {
		unsigned int middle = (low + high + 1) / 2;

		if ((double)packets >= least[middle])
			low = middle;
		else
			high = middle - 1;
	}
	return (uint8_t)low;
}

struct strip *strip_new(size_t *full_bytes)
{
	struct strip *strip = calloc(1, sizeof(*strip));

	if (strip)
		strip->full_bytes = full_bytes;
	return strip;
}

static void full_free(struct strip *strip, struct strip_full *full)
{
	for (int plane = 0; plane < STRIP_PLANES; plane++) {
		free(full->planes[plane].cells);
		free(full->planes[plane].bytes);
	}
	*strip->full_bytes -= full->size;
	*full = (struct strip_full){ 0 };
}

void strip_free(struct strip *strip)
{
	if (!strip)
		return;
	for (size_t i = 0; i < STRIP_FULL_SECONDS; i++)
		full_free(strip, &strip->full[i]);
	free(strip);
}

static uint32_t counted(const struct port_counts *counts, enum strip_plane plane, unsigned int port)
{
	int transport = (int)(plane % STRIP_TRANSPORTS);

	if (plane >= STRIP_TCP_PASSED)
		return (uint32_t)counts->packets[transport][PORTSIEVE_PASSED][port];
	return (uint32_t)port_dropped(counts, transport, port);
}

static void fill_columns(struct strip *strip, int64_t second)
{
	size_t row = (size_t)second % STRIP_SECONDS;
	uint8_t used = 0;

	for (int plane = 0; plane < STRIP_PLANES; plane++) {
		uint8_t *sums = strip->columns[row][plane];
		uint8_t *ports = strip->columns[row][STRIP_PLANES + plane];
		const uint32_t *delta = strip->delta[plane];

		for (size_t column = 0; column < STRIP_COLUMNS; column++) {
			uint64_t packets = 0;
			uint8_t hit = 0;

			for (size_t i = 0; i < STRIP_COLUMN_PORTS; i++, delta++) {
				packets += *delta;
				hit += *delta != 0;
			}
			/* rows that are never written take no memory */
			if (packets || sums[column]) {
				sums[column] = strip_value(packets);
				ports[column] = hit;
			}
			if (packets)
				used |= (1u << plane) | (1u << (STRIP_PLANES + plane));
		}
	}
	strip->used[row] = used;
	strip->seconds[row] = second;
}

/* Leaves out what does not fit into memory. */
static void fill_ports(struct strip *strip, struct strip_full *full, int64_t second)
{
	full->second = second;
	for (int plane = 0; plane < STRIP_PLANES; plane++) {
		struct strip_ports *ports = &full->planes[plane];
		const uint32_t *delta = strip->delta[plane];
		uint32_t count = 0;

		for (size_t port = 0; port < PORTSIEVE_PORTS; port++)
			count += delta[port] != 0;
		if (!count)
			continue;
		if (count * sizeof(struct strip_cell) < PORTSIEVE_PORTS) {
			ports->cells = malloc(count * sizeof(*ports->cells));
			if (!ports->cells)
				continue;
			full->size += count * sizeof(*ports->cells);
		} else {
			ports->bytes = malloc(PORTSIEVE_PORTS);
			if (!ports->bytes)
				continue;
			full->size += PORTSIEVE_PORTS;
		}
		for (size_t port = 0; port < PORTSIEVE_PORTS; port++) {
			uint8_t value = strip_value(delta[port]);

			if (ports->bytes)
				ports->bytes[port] = value;
			else if (value)
				ports->cells[ports->count++] =
					(struct strip_cell){ (uint16_t)port, value };
		}
	}
	*strip->full_bytes += full->size;
}

/* Frees the oldest seconds if all strips together take too much memory. */
static void limit_full(struct strip *strip, int64_t second)
{
	for (int64_t old = second - STRIP_FULL_SECONDS + 1;
	     old<second && * strip->full_bytes> STRIP_FULL_BYTES_MAX; old++)
		if (old > 0)
			full_free(strip, &strip->full[old % STRIP_FULL_SECONDS]);
}

bool strip_add(struct strip *strip, int64_t second, uint64_t origin,
	       const struct port_counts *counts)
{
	bool is_first = strip->origin != origin;
	struct strip_full *full = &strip->full[second % STRIP_FULL_SECONDS];

	strip->origin = origin;
	strip->distinct = 0;
	for (int plane = 0; plane < STRIP_PLANES; plane++)
		for (unsigned int port = 0; port < PORTSIEVE_PORTS; port++) {
			uint32_t now = counted(counts, plane, port);
			uint32_t delta = now - strip->before[plane][port];

			strip->before[plane][port] = now;
			if (is_first || delta > INT32_MAX) /* the counter fell */
				delta = 0;
			strip->delta[plane][port] = delta;
			strip->distinct += delta && plane < STRIP_TCP_PASSED;
		}
	if (is_first || second <= 0)
		return false;
	fill_columns(strip, second);
	full_free(strip, full);
	fill_ports(strip, full, second);
	limit_full(strip, second);
	if (!strip->first || strip->first > second)
		strip->first = second;
	strip->second = second;
	return true;
}

void strip_restore(struct strip *strip, int64_t second, uint8_t used,
		   uint8_t columns[STRIP_ALL_PLANES][STRIP_COLUMNS])
{
	size_t row = (size_t)second % STRIP_SECONDS;

	strip->seconds[row] = second;
	strip->used[row] = used;
	if (used)
		memcpy(strip->columns[row], columns, sizeof(strip->columns[row]));
	if (!strip->first || second < strip->first)
		strip->first = second;
	if (second > strip->second)
		strip->second = second;
}

/* The row of a second; NULL if there is none or it is all zero. */
static const uint8_t *row_of(const struct strip *strip, enum strip_plane plane, int64_t second)
{
	size_t row = (size_t)second % STRIP_SECONDS;

	if (strip->seconds[row] != second || !(strip->used[row] >> plane & 1))
		return NULL;
	return strip->columns[row][plane];
}

const uint8_t *strip_latest(const struct strip *strip, enum strip_plane plane)
{
	return strip->second ? row_of(strip, plane, strip->second) : NULL;
}

/* Adds a second's ports from low to high to the columns in `sums`. */
static void add_ports(const struct strip_ports *ports, const struct strip_area *area, double *sums)
{
	size_t all = (size_t)area->high - area->low + 1;

	if (ports->bytes)
		for (size_t i = 0; i < all; i++)
			sums[i * area->columns / all] += strip_packets(ports->bytes[area->low + i]);
	for (size_t i = 0; i < ports->count; i++)
		if (ports->cells[i].port >= area->low && ports->cells[i].port <= area->high)
			sums[(size_t)(ports->cells[i].port - area->low) * area->columns / all] +=
				strip_packets(ports->cells[i].value);
}

static void read_ports(const struct strip *strip, const struct strip_area *area, uint8_t *bytes)
{
	double sums[STRIP_COLUMNS];

	for (size_t row = 0; row < area->rows; row++) {
		int64_t second = area->start + (int64_t)row;
		const struct strip_full *full = &strip->full[second % STRIP_FULL_SECONDS];

		if (full->second != second)
			continue;
		memset(sums, 0, sizeof(sums));
		add_ports(&full->planes[area->plane % STRIP_PLANES], area, sums);
		for (size_t column = 0; column < area->columns; column++)
			bytes[row * area->columns + column] =
				strip_value((uint64_t)(sums[column] + 0.5));
	}
}

int strip_read(const struct strip *strip, struct strip_area *area, uint8_t **ret_bytes)
{
	size_t all = (size_t)area->high - area->low + 1;
	bool is_whole = all == PORTSIEVE_PORTS || area->plane >= STRIP_PLANES;
	int64_t longest = is_whole ? STRIP_SECONDS : STRIP_FULL_SECONDS;
	uint8_t *bytes;

	if (is_whole) {
		area->low = 0;
		area->high = PORTSIEVE_PORTS - 1;
	}
	area->columns = is_whole || all > STRIP_COLUMNS ? STRIP_COLUMNS : all;
	area->start = strip->second - longest + 1;
	if (area->start < strip->first)
		area->start = strip->first;
	if (area->start <= area->since)
		area->start = area->since + 1;
	area->rows = strip->second && area->start <= strip->second
			     ? (size_t)(strip->second - area->start + 1)
			     : 0;
	bytes = calloc(area->rows * area->columns + 1, 1);
	if (!bytes)
		return -ENOMEM;
	if (!is_whole)
		read_ports(strip, area, bytes);
	for (size_t row = 0; is_whole && row < area->rows; row++) {
		const uint8_t *columns = row_of(strip, area->plane, area->start + (int64_t)row);

		if (columns)
			memcpy(bytes + row * area->columns, columns, area->columns);
	}
	*ret_bytes = bytes;
	return 0;
}

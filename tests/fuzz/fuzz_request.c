/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as what a client of serve sends: path, Host, Origin, Accept, Authorization, cookie and
 * the values of a query, each up to a newline. What is taken must be what it says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/access.h"
#include "serve/request.h"
#include "serve/strip.h"

enum { FIELDS = 10 };

static const struct access access_of = {
	.token = "0123456789abcdef",
	.cookie = "fedcba9876543210",
};

static void expect(bool is_true)
{
	if (!is_true)
		abort();
}

/* "localhost:80" and the like, by another way than the code's. */
static bool is_loopback_by_hand(const char *host)
{
	char name[32];
	int length = 0;
	const char *colon = strrchr(host, ':');

	if (colon && (colon == host || colon[-1] == ']' || !strchr(host, '['))) {
		if (sscanf(colon, ":%5[0-9]%n", name, &length) != 1 || colon[length])
			return false;
	} else {
		colon = host + strlen(host);
	}
	if ((size_t)(colon - host) >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)(colon - host), host);
	return !strcasecmp(name, "localhost") || !strcmp(name, "127.0.0.1") ||
	       !strcmp(name, "[::1]");
}

static void ask_strip(const char *const fields[FIELDS])
{
	static struct strip *strip;
	static size_t full_bytes;
	static struct port_counts counts;
	struct strip_area area;
	int64_t low, high, since;
	uint8_t *bytes;

	if (!strip) {
		strip = strip_new(&full_bytes);
		for (int second = 1; second < 5; second++) {
			counts.packets[second % 2][second * 16001 % 65536][second % 3] += second;
			strip_add(strip, second, 1, &counts);
		}
	}
	if (!query_number(fields[6], 0, UINT16_MAX, &low) ||
	    !query_number(fields[7], UINT16_MAX, UINT16_MAX, &high) ||
	    !query_number(fields[8], 0, INT64_C(1) << 40, &since) || low > high)
		return;
	expect(low >= 0 && high <= UINT16_MAX && since >= 0);
	area = (struct strip_area){ .plane = fields[9] ? strlen(fields[9]) % STRIP_ALL_PLANES : 0,
				    .low = (uint16_t)low,
				    .high = (uint16_t)high,
				    .since = since };
	expect(!strip_read(strip, &area, &bytes));
	expect(area.rows <= STRIP_SECONDS && area.columns <= STRIP_COLUMNS);
	expect(!area.rows || area.start > since);
	for (size_t i = 0; i < area.rows * area.columns; i++)
		expect(bytes[i] < 100); /* reads each byte: few packets came */
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fields[FIELDS] = { 0 };
	char *text = strndup((const char *)data, size), *rest = text;
	enum serve_route route;

	for (size_t i = 0; i < FIELDS && rest; i++) {
		const char *field = strsep(&rest, "\n");

		fields[i] = *field == '\x01' ? NULL : field; /* absent */
	}
	route = route_of(fields[0] ?: "");
	expect(route == ROUTE_NONE || (fields[0] && fields[0][0] == '/' && strlen(fields[0]) < 32));
	expect(host_is_loopback(fields[1]) == (fields[1] && is_loopback_by_hand(fields[1])));
	if (fields[2] && origin_is_own(fields[2], "http", fields[1]))
		expect(fields[1] && !strncmp(fields[2], "http://", 7) &&
		       !strcasecmp(fields[2] + 7, fields[1]));
	accepts_openmetrics(fields[3]);
	if (access_has_token(&access_of, fields[4]))
		expect(!strcmp(strchr(fields[4], ' ') + 1, access_of.token));
	if (access_has_cookie(&access_of, fields[5]))
		expect(!strcmp(fields[5], access_of.cookie));
	ask_strip(fields);
	free(text);
	return 0;
}

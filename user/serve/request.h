/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request asks for. Pure. */
#ifndef PORTSIEVE_SERVE_REQUEST_H
#define PORTSIEVE_SERVE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

enum serve_route {
	ROUTE_PAGE,
	ROUTE_METRICS,
	ROUTE_STATUS,
	ROUTE_STATS,
	ROUTE_PORTS,
	ROUTE_SOURCES,
	ROUTE_EVENTS,
	ROUTE_POLICY,
	ROUTE_EXPLAIN,
	ROUTE_REGISTRY,
	ROUTE_STREAM,
	ROUTE_HISTORY,
	ROUTE_STRIP,
	ROUTE_SESSION, /* exchanges the token for a cookie */

	ROUTES,
	ROUTE_NONE = ROUTES,
};

/* What a query may name: ?device=eth0. Other names are ignored. */
enum serve_query {
	QUERY_DEVICE,
	QUERY_PACKET, /* of ROUTE_EXPLAIN */
	QUERY_PORTS,  /* of ROUTE_REGISTRY */
	QUERY_LOW,    /* of ROUTE_STRIP, and the next three */
	QUERY_HIGH,
	QUERY_PLANE,
	QUERY_SINCE,
	QUERY_SPAN, /* of ROUTE_HISTORY */
	QUERIES,
};

extern const char *const query_names[QUERIES];

/* Parses a number of at most `most`; NULL gives `absent`. False: not a number, or too large. */
bool query_number(const char *text, int64_t absent, int64_t most, int64_t *ret_number);

/* The route of a path such as "/api/status", or ROUTE_NONE. */
enum serve_route route_of(const char *path);

/*
 * Does the Host header name this machine's loopback: "localhost", "127.0.0.1" or "[::1]", with or
 * without a port? It does not for another site's page whose name resolves to 127.0.0.1 (DNS
 * rebinding). NULL: the header is missing.
 */
bool host_is_loopback(const char *host);

/*
 * Is the Origin header missing (NULL), or that of a page from this host? `scheme` is "http" or
 * "https".
 */
bool origin_is_own(const char *origin, const char *scheme, const char *host);

/* Does an Accept header ask for OpenMetrics? */
bool accepts_openmetrics(const char *accept);

#endif

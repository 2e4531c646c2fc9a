/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths and headers of requests, none of them trusted. */
#include "serve/request.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char *const paths[ROUTES] = {
	[ROUTE_PAGE] = "/",
	[ROUTE_METRICS] = "/metrics",
	[ROUTE_STATUS] = "/api/status",
	[ROUTE_STATS] = "/api/stats",
	[ROUTE_PORTS] = "/api/ports",
	[ROUTE_SOURCES] = "/api/sources",
	[ROUTE_EVENTS] = "/api/events",
	[ROUTE_POLICY] = "/api/policy",
	[ROUTE_EXPLAIN] = "/api/explain",
	[ROUTE_REGISTRY] = "/api/registry",
	[ROUTE_STREAM] = "/api/stream",
	[ROUTE_HISTORY] = "/api/history",
	[ROUTE_STRIP] = "/api/strip",
	[ROUTE_SESSION] = "/api/session",
};

const char *const query_names[QUERIES] = {
	[QUERY_DEVICE] = "device", [QUERY_PACKET] = "packet", [QUERY_PORTS] = "ports",
	[QUERY_LOW] = "low",	   [QUERY_HIGH] = "high",     [QUERY_PLANE] = "plane",
	[QUERY_SINCE] = "since",   [QUERY_SPAN] = "span",
};

bool query_number(const char *text, int64_t absent, int64_t most, int64_t *ret_number)
{
	int64_t number = 0;

	if (!text) {
		*ret_number = absent;
		return true;
	}
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		number = number * 10 + (*text - '0');
		if (number > most)
			return false;
	}
	*ret_number = number;
	return true;
}

enum serve_route route_of(const char *path)
{
	for (enum serve_route route = 0; route < ROUTES; route++)
		if (!strcmp(path, paths[route]))
			return route;
	return ROUTE_NONE;
}

/* Is it empty, or a port after a colon? */
static bool is_port(const char *text)
{
	size_t digits = strspn(text + (*text == ':'), "0123456789");

	return !*text || (*text == ':' && digits && digits <= 5 && !text[1 + digits]);
}

bool host_is_loopback(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; host && i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i]);

		if (!strncasecmp(host, names[i], length) && is_port(host + length))
			return true;
	}
	return false;
}

bool origin_is_own(const char *origin, const char *scheme, const char *host)
{
	size_t length = strlen(scheme);

	if (!origin)
		return true;
	return host && !strncmp(origin, scheme, length) && !strncmp(origin + length, "://", 3) &&
	       !strcasecmp(origin + length + 3, host);
}

bool accepts_openmetrics(const char *accept)
{
	return accept && strstr(accept, "application/openmetrics-text");
}

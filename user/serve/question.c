/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queries of requests, which anybody may have written. */
#include "serve/question.h"

#include <errno.h>
#include <string.h>

void question_words(const struct http_question *question, const char *words[QUESTION_WORDS])
{
	static const char *const names[ROUTES] = {
		[ROUTE_STATUS] = "status",   [ROUTE_STATS] = "stats",	    [ROUTE_PORTS] = "ports",
		[ROUTE_SOURCES] = "sources", [ROUTE_EVENTS] = "events",	    [ROUTE_POLICY] = "show",
		[ROUTE_EXPLAIN] = "explain", [ROUTE_REGISTRY] = "registry",
	};
	size_t count = 0;

	words[0] = NULL;
	if (!names[question->route])
		return;
	words[count++] = "portsieve";
	words[count++] = names[question->route];
	words[count++] = "--json";
	if (question->route == ROUTE_EVENTS) { /* rather than wait for more */
		words[count++] = "--last";
		words[count++] = "100";
	}
	if (question->query[QUERY_DEVICE] && question->route != ROUTE_REGISTRY) {
		words[count++] = "--dev";
		words[count++] = question->query[QUERY_DEVICE];
	}
	if (question->route == ROUTE_EXPLAIN || question->route == ROUTE_REGISTRY) {
		words[count++] = "--";
		words[count++] = question->query[question->route == ROUTE_EXPLAIN ? QUERY_PACKET
										  : QUERY_PORTS]
					 ?: "";
	}
	words[count] = NULL;
}

int question_area(const struct http_question *question, struct strip_area *ret_area,
		  struct error *error)
{
	const char *const *query = question->query;
	const char *plane = query[QUERY_PLANE] ?: strip_plane_names[STRIP_TCP_DROPPED];
	int64_t low, high, since;
	unsigned int number = 0;

	while (number < STRIP_ALL_PLANES && strcmp(plane, strip_plane_names[number]))
		number++;
	if (number == STRIP_ALL_PLANES)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "unknown plane; write tcp_dropped, udp_passed_ports or the like");
	if (!query_number(query[QUERY_LOW], 0, UINT16_MAX, &low) ||
	    !query_number(query[QUERY_HIGH], UINT16_MAX, UINT16_MAX, &high) || low > high)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "bad ports; write low=0&high=65535 or ports in between");
	if (!query_number(query[QUERY_SINCE], 0, INT64_C(1) << 40, &since))
		return error_set(error, EINVAL, EXIT_USAGE,
				 "bad time; write since= with seconds since 1970");
	*ret_area = (struct strip_area){
		.plane = number, .low = (uint16_t)low, .high = (uint16_t)high, .since = since
	};
	return 0;
}

int question_spans(const struct http_question *question, unsigned int *ret_spans,
		   struct error *error)
{
	const char *span = question->query[QUERY_SPAN];

	if (span && strcmp(span, "fine") && strcmp(span, "coarse"))
		return error_set(error, EINVAL, EXIT_USAGE, "bad span; write fine or coarse");
	*ret_spans = !span		     ? FRAME_FINE | FRAME_COARSE
		     : !strcmp(span, "fine") ? FRAME_FINE
					     : FRAME_COARSE;
	return 0;
}

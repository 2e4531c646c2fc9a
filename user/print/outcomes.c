/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outcomes of tried packets, a line each: `replay --each`. */
#include <stdio.h>
#include <string.h>

#include "print/print.h"

enum {
	PORT_WORDS_MAX = 16,
	PORT_WIDTH = sizeof("sctp/65535") - 1,
	PACKET_WIDTH = 6, /* lines come one by one: longer numbers shift theirs */
};

/* "drop" in all lines but those of a policy that only monitors, where it is "would drop". */
void print_outcome_text(uint64_t packet, const struct outcome *outcome, bool monitor)
{
	const char *verdict = outcome->would_drop ? "would drop" : outcome->verdict;
	char port[PORT_WORDS_MAX] = "";

	if (outcome->protocol)
		snprintf(port, sizeof(port), "%s/%d", outcome->protocol, outcome->port);
	printf("%*lu  %-*s  %-*s  %s%s%s\n", PACKET_WIDTH, packet,
	       (int)strlen(monitor ? "would drop" : "drop"), verdict, PORT_WIDTH, port,
	       outcome->reason, outcome->rule ? " " : "", outcome->rule ? outcome->rule : "");
}

/* By hand: a million of these is a stream, and every word in it is one of ours, free of quotes. */
void print_outcome_json(uint64_t packet, const struct outcome *outcome)
{
	printf("{\"packet\":%lu,\"verdict\":\"%s\",\"reason\":\"%s\",\"rule\":", packet,
	       outcome->verdict, outcome->reason);
	if (outcome->rule)
		printf("\"%s\"", outcome->rule);
	else
		printf("null");
	if (outcome->protocol)
		printf(",\"protocol\":\"%s\",\"port\":%d", outcome->protocol, outcome->port);
	else
		printf(",\"protocol\":null,\"port\":null");
	printf("%s}\n", outcome->would_drop ? ",\"would_drop\":true" : "");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay --each: a line for each packet. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "print/verdict.h"

enum {
	PORT_WORDS_MAX = 16,
	PORT_WIDTH = sizeof("sctp/65535") - 1,
	PACKET_WIDTH = 6, /* lines come one by one: longer numbers shift theirs */
};

/* "drop" in all lines but those of a policy that only monitors, where it is "would drop". */
void print_verdict_text(uint64_t packet, const struct packet_verdict *verdict, bool monitor)
{
	const char *word = verdict->would_drop ? "would drop" : verdict->word;
	char port[PORT_WORDS_MAX] = "";

	if (verdict->protocol)
		snprintf(port, sizeof(port), "%s/%d", verdict->protocol, verdict->port);
	printf("%*lu  %-*s  %-*s  %s%s%s\n", PACKET_WIDTH, packet,
	       (int)strlen(monitor ? "would drop" : "drop"), word, PORT_WIDTH, port,
	       verdict->reason, verdict->rule ? " " : "", verdict->rule ? verdict->rule : "");
}

void print_verdict_json(uint64_t packet, const struct packet_verdict *verdict)
{
	json_object *line = json_object_new_object();

	json_object_object_add(line, "packet", json_object_new_uint64(packet));
	json_object_object_add(line, "verdict", json_object_new_string(verdict->word));
	json_object_object_add(line, "reason", json_object_new_string(verdict->reason));
	json_object_object_add(line, "rule",
			       verdict->rule ? json_object_new_string(verdict->rule) : NULL);
	json_object_object_add(line, "protocol",
			       verdict->protocol ? json_object_new_string(verdict->protocol)
						 : NULL);
	json_object_object_add(line, "port",
			       verdict->protocol ? json_object_new_int(verdict->port) : NULL);
	if (verdict->would_drop)
		json_object_object_add(line, "would_drop", json_object_new_boolean(true));
	puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN |
							  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(line);
}

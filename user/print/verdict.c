/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict of a test run as users see it, and replay's line for each packet. */
#include "print/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy.h"
#include "print/json.h"
#include "print/reason.h"

enum {
	PORT_WIDTH = sizeof("sctp/65535") - 1,
	PACKET_WIDTH = 6, /* a longer number shifts its line */
};

struct packet_verdict packet_verdict_of(const struct testrun_result *tried,
					const struct portsieve_image *image)
{
	const struct portsieve_trace *decision = &tried->decision;
	struct packet_verdict verdict = {
		.word = tried->dropped ? "drop" : "pass",
		.would_drop = decision->verdict == PORTSIEVE_WOULD_DROP,
		.reason_id = PORTSIEVE_REASONS,
		.transport = PORTSIEVE_ANY,
		.port = -1,
		.range_id = -1,
	};

	if (decision->has_port) {
		verdict.transport = decision->transport;
		verdict.protocol = transport_name(decision->transport);
		verdict.port = decision->port;
	}
	if (decision->range >= PORTSIEVE_RANGES || decision->range == PORTSIEVE_RANGE_DHCP) {
		verdict.reason = reason_name(decision->counter);
		verdict.reason_id = decision->counter;
		return verdict;
	}
	verdict.reason = decision->range < PORTSIEVE_RANGE_DHCP ? "default" : "rule";
	verdict.rule = range_rule_name(image, decision->range);
	verdict.range_id = decision->range;
	verdict.return_lookup = decision->asks;
	return verdict;
}

struct packet_verdict packet_verdict_of_runt(const struct portsieve_image *image)
{
	bool monitor = image->flags & PORTSIEVE_IMAGE_MONITOR;

	return (struct packet_verdict){
		.word = monitor ? "pass" : "drop",
		.would_drop = monitor,
		.reason = reason_name(PORTSIEVE_MALFORMED_ETHERNET),
		.reason_id = PORTSIEVE_MALFORMED_ETHERNET,
		.transport = PORTSIEVE_ANY,
		.port = -1,
		.range_id = -1,
	};
}

void print_verdict_text(uint64_t packet, const struct packet_verdict *verdict, bool monitors)
{
	const char *word = verdict->would_drop ? "would drop" : verdict->word;
	char port[PORT_WIDTH + 1] = "";

	if (verdict->protocol)
		snprintf(port, sizeof(port), "%s/%u", verdict->protocol, (uint16_t)verdict->port);
	printf("%*" PRIu64 "  %-*s  %-*s  %s%s%s\n", PACKET_WIDTH, packet,
	       (int)strlen(monitors ? "would drop" : "drop"), word, PORT_WIDTH, port,
	       verdict->reason, verdict->rule ? " " : "", verdict->rule ? verdict->rule : "");
}

void print_verdict_json(uint64_t packet, const struct packet_verdict *verdict)
{
	json_object *line = json_object_new_object();

	json_add_number(line, "packet", packet);
	json_add_text(line, "verdict", verdict->word);
	json_add_text(line, "reason", verdict->reason);
	json_add_text(line, "rule", verdict->rule);
	json_add_text(line, "protocol", verdict->protocol);
	json_object_object_add(line, "port",
			       verdict->protocol ? json_object_new_int(verdict->port) : NULL);
	if (verdict->would_drop)
		json_add_bool(line, "would_drop", true);
	puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(line);
}

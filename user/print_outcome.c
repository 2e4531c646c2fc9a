/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outcomes of tried packets: `explain` in sentences and JSON, `replay --each` a line each. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy.h"
#include "print.h"
#include "print_json.h"
#include "reason.h"

/* The registered name of the packet's port; NULL: none. */
static const char *service_of(const struct outcome *outcome)
{
	const struct registry_service *service;

	for (enum portsieve_transport t = 0; outcome->protocol && t < PORTSIEVE_TRANSPORTS; t++)
		if (!strcmp(outcome->protocol, transport_name(t)) &&
		    registry_by_port(outcome->port, 1u << t, &service, 1) && service->name[0])
			return service->name;
	return NULL;
}

static const char *verdict_words(const struct outcome *outcome)
{
	return outcome->would_drop ? "pass (monitor: would drop)" : outcome->verdict;
}

static void print_rule(const struct outcome *outcome, const struct portsieve_image *image)
{
	const struct portsieve_range *range = &image->range[outcome->range_id];
	const struct portsieve_rule *rule = &image->rule[range->rule];

	printf("  rule     %s, %s\n", outcome->rule, rule->drop ? "drop" : "allow");
	if (image->source[0])
		printf("  line     %s:%u\n", image->source, rule->line);
}

static void print_range(const struct outcome *outcome, const struct portsieve_image *image)
{
	const struct portsieve_range *range = &image->range[outcome->range_id];
	char ports[16];

	format_ports(range->low, range->high, ports);
	printf("  range    %s %s\n", outcome->protocol, ports);
}

int print_explanation_text(const struct outcome *outcome, const struct portsieve_image *image)
{
	const char *service = service_of(outcome);
	const char *by_default = image->flags & PORTSIEVE_IMAGE_DEFAULT_DROP ? "drop" : "allow";

	if (!strcmp(outcome->reason, "rule"))
		printf("%s: rule '%s' is the first that matches %s port %d\n",
		       verdict_words(outcome), outcome->rule, outcome->protocol, outcome->port);
	else if (!strcmp(outcome->reason, "default"))
		printf("%s: no rule matches %s port %d, and the default is %s\n",
		       verdict_words(outcome), outcome->protocol, outcome->port, by_default);
	else
		printf("%s: %s: %s\n", verdict_words(outcome), outcome->reason, outcome->words);
	if (!strcmp(outcome->reason, "rule"))
		print_rule(outcome, image);
	if (outcome->range_id >= 0) {
		if (strcmp(outcome->reason, "rule"))
			printf("  counted  %s\n", outcome->rule);
		print_range(outcome, image);
	} else {
		printf("  counted  %s\n", outcome->reason);
	}
	if (service)
		printf("  service  %s (IANA)\n", service);
	return 0;
}

static void add_text(json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

int print_explanation_json(const struct outcome *outcome, const struct portsieve_image *image)
{
	json_object *document = json_document();
	const struct portsieve_range *range =
		outcome->range_id < 0 ? NULL : &image->range[outcome->range_id];
	bool by_rule = range && !strcmp(outcome->reason, "rule");

	add_text(document, "verdict", outcome->verdict);
	json_object_object_add(document, "would_drop",
			       json_object_new_boolean(outcome->would_drop));
	add_text(document, "reason", outcome->reason);
	add_text(document, "rule", outcome->rule);
	json_object_object_add(document, "line",
			       by_rule ? json_object_new_int64(image->rule[range->rule].line)
				       : NULL);
	add_text(document, "protocol", outcome->protocol);
	json_object_object_add(document, "port",
			       outcome->port < 0 ? NULL : json_object_new_int(outcome->port));
	json_object_object_add(document, "low", range ? json_object_new_int(range->low) : NULL);
	json_object_object_add(document, "high", range ? json_object_new_int(range->high) : NULL);
	add_text(document, "service", service_of(outcome));
	json_object_object_add(document, "return_lookup", json_object_new_boolean(false));
	return print_json(document);
}

void print_outcome_text(uint64_t packet, const struct outcome *outcome)
{
	printf("%lu  %s  %s", packet, outcome->would_drop ? "would drop" : outcome->verdict,
	       outcome->reason);
	if (outcome->rule)
		printf(" %s", outcome->rule);
	if (outcome->protocol)
		printf("  %s/%d", outcome->protocol, outcome->port);
	printf("\n");
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

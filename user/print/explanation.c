/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain, in sentences and as JSON. */
#include "policy/registry.h"
#include "print/explanation.h"

#include <stdio.h>
#include <string.h>

#include "policy/until.h"
#include "print/verdict.h"
#include "print/format.h"
#include "print/json.h"
#include "print/reason.h"

/* The registered name of the packet's port; NULL: none. */
static const char *service_of(const struct packet_verdict *verdict)
{
	const struct registry_service *service;

	for (enum portsieve_transport t = 0; verdict->protocol && t < PORTSIEVE_TRANSPORTS; t++)
		if (!strcmp(verdict->protocol, transport_name(t)) &&
		    registry_by_port(verdict->port, 1u << t, &service, 1) && service->name[0])
			return service->name;
	return NULL;
}

static const char *verdict_words(const struct packet_verdict *verdict)
{
	return verdict->would_drop ? "pass (monitor: would drop)" : verdict->word;
}

/* NULL where no rule decided. */
static const struct portsieve_rule *decider_of(const struct explanation *explanation)
{
	const struct portsieve_image *image = explanation->image;
	int range_id = explanation->verdict.range_id;

	return range_id < PORTSIEVE_RANGE_RULES ? NULL : &image->rule[image->range[range_id].rule];
}

/* " from 192.0.2.7 to 198.51.100.1" */
static void print_addresses(const struct frame_names *names, bool source, bool destination)
{
	if (!names->has_addresses)
		return;
	if (source)
		printf(" from %s", policy_prefix_print(&names->source).text);
	if (destination)
		printf(" to %s", policy_prefix_print(&names->destination).text);
}

/* "'ssh', line 4," or "runtime rule 'guest'" */
static void print_rule_name(const struct portsieve_rule *rule)
{
	if (rule->runtime)
		printf("runtime rule '%s'", rule->name);
	else
		printf("'%s', line %u,", rule->name, rule->line);
}

/* Why rules for the port have not matched. */
static void print_skipped(const struct port_rules *rules)
{
	if (!rules->elsewhere && !rules->ended)
		return;
	printf(" (");
	if (rules->elsewhere) {
		print_rule_name(rules->elsewhere);
		if (rules->elsewhere_count > 1)
			printf(" and %zu more have", rules->elsewhere_count - 1);
		else
			printf(" has");
		printf(" other addresses%s", rules->ended ? "; " : "");
	}
	if (rules->ended) {
		print_rule_name(rules->ended);
		printf(" has ended");
	}
	printf(")");
}

static void print_by_rule(const struct explanation *explanation)
{
	const struct packet_verdict *verdict = &explanation->verdict;
	struct port_rules rules = port_rules_of(explanation);
	bool names = rules.decider_is_conditional || rules.elsewhere;

	printf("rule '%s' is the first that matches %s port %d", verdict->rule, verdict->protocol,
	       verdict->port);
	print_addresses(&explanation->names, names && rules.by_source,
			names && rules.by_destination);
	print_skipped(&rules);
	printf("\n");
}

static void print_by_default(const struct explanation *explanation)
{
	const struct packet_verdict *verdict = &explanation->verdict;
	struct port_rules rules = port_rules_of(explanation);

	printf("no rule matches %s port %d", verdict->protocol, verdict->port);
	print_addresses(&explanation->names, rules.elsewhere, rules.elsewhere);
	print_skipped(&rules);
	printf(", and the default is %s\n",
	       explanation->image->flags & PORTSIEVE_IMAGE_DEFAULT_DROP ? "drop" : "allow");
}

static void print_by_reason(const struct explanation *explanation)
{
	const struct packet_verdict *verdict = &explanation->verdict;
	int type = explanation->names.icmp_type;
	struct reason_text icmp;

	printf("%s: ", verdict->reason);
	if (type >= 0 && !strcmp(verdict->reason, reason_name(PORTSIEVE_ICMP)))
		icmp = reason_icmp_print(PORTSIEVE_ICMP, type);
	else if (type >= 0 && !strcmp(verdict->reason, reason_name(PORTSIEVE_ICMPV6)))
		icmp = reason_icmp_print(PORTSIEVE_ICMPV6, type);
	else
		type = -1;
	printf("%s\n", type >= 0 ? icmp.text : verdict->words);
}

/* "2026-11-21 15:22:15 UTC" */
static void print_end(const struct portsieve_rule *rule, const struct policy_host *host)
{
	struct policy_time_text end = policy_time_print(rule->until_ns, host);

	printf("until %.10s %.8s UTC", end.text, end.text + strlen("2026-11-21T"));
}

static void print_rule(const struct explanation *explanation, const struct portsieve_rule *rule)
{
	printf("  rule     %s, %s\n", rule->name, rule->drop ? "drop" : "allow");
	if (rule->runtime) {
		printf("  kind     runtime rule, ");
		if (rule->until_ns)
			print_end(rule, &explanation->host);
		else
			printf("without end");
		printf("\n");
	} else if (explanation->image->source[0]) {
		printf("  line     %s:%u\n", explanation->image->source, rule->line);
	}
}

static void print_range(const struct packet_verdict *verdict, const struct portsieve_image *image)
{
	const struct portsieve_range *range = &image->range[verdict->range_id];
	char ports[16];

	format_ports(range->low, range->high, ports);
	printf("  range    %s %s\n", verdict->protocol, ports);
}

int print_explanation_text(const struct explanation *explanation)
{
	const struct packet_verdict *verdict = &explanation->verdict;
	const struct portsieve_rule *rule = decider_of(explanation);
	const char *service = service_of(verdict);

	printf("%s: ", verdict_words(verdict));
	if (rule) {
		print_by_rule(explanation);
		print_rule(explanation, rule);
	} else if (verdict->range_id >= 0) {
		print_by_default(explanation);
		printf("  counted  %s\n", verdict->rule);
	} else {
		print_by_reason(explanation);
		printf("  counted  %s\n", verdict->reason);
	}
	if (verdict->range_id >= 0)
		print_range(verdict, explanation->image);
	if (service)
		printf("  service  %s (IANA)\n", service);
	return 0;
}

static void add_text(json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

int print_explanation_json(const struct explanation *explanation)
{
	const struct packet_verdict *verdict = &explanation->verdict;
	const struct portsieve_rule *rule = decider_of(explanation);
	const struct portsieve_range *range =
		verdict->range_id < 0 ? NULL : &explanation->image->range[verdict->range_id];
	json_object *document = json_document();

	add_text(document, "verdict", verdict->word);
	json_object_object_add(document, "would_drop",
			       json_object_new_boolean(verdict->would_drop));
	add_text(document, "reason", verdict->reason);
	add_text(document, "rule", verdict->rule);
	json_object_object_add(document, "runtime", json_object_new_boolean(rule && rule->runtime));
	add_text(document, "until",
		 rule && rule->until_ns ? policy_time_print(rule->until_ns, &explanation->host).text
					: NULL);
	json_object_object_add(document, "line",
			       rule && !rule->runtime ? json_object_new_int64(rule->line) : NULL);
	add_text(document, "protocol", verdict->protocol);
	json_object_object_add(document, "port",
			       verdict->port < 0 ? NULL : json_object_new_int(verdict->port));
	json_object_object_add(document, "low", range ? json_object_new_int(range->low) : NULL);
	json_object_object_add(document, "high", range ? json_object_new_int(range->high) : NULL);
	add_text(document, "service", service_of(verdict));
	json_object_object_add(document, "return_lookup", json_object_new_boolean(false));
	return print_json(document);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain, in sentences and as JSON. */
#include "print/explanation.h"

#include <stdio.h>
#include <string.h>

#include "policy/failsafe.h"
#include "policy/registry.h"
#include "policy/sets.h"
#include "policy/until.h"
#include "print/format.h"
#include "print/json.h"
#include "print/reason.h"

/* The registered name of the packet's port, or NULL. */
static const char *service_of(const struct packet_verdict *verdict)
{
	const struct registry_service *service;

	if (verdict->protocol &&
	    registry_by_port(verdict->port, 1u << verdict->transport, &service, 1) &&
	    service->name[0])
		return service->name;
	return NULL;
}

/* NULL if no rule decided. */
static const struct portsieve_rule *decider_of(const struct explanation *explanation)
{
	const struct portsieve_image *image = explanation->image;
	int range_id = explanation->verdict.range_id;

	return range_id < PORTSIEVE_RANGE_RULES ? NULL : &image->rule[image->range[range_id].rule];
}

/* The policy's rule that decided, or NULL. */
static const struct policy_rule *policy_rule_of(const struct explanation *explanation)
{
	const struct portsieve_rule *rule = decider_of(explanation);

	return rule ? policy_rule_named(explanation->policy, rule->name) : NULL;
}

/* Did a rule with `only_from` drop the packet because of its source? */
static bool is_from_elsewhere(const struct explanation *explanation)
{
	const struct policy_rule *rule = policy_rule_of(explanation);

	const struct packet_verdict *verdict = &explanation->verdict;

	return rule && rule->only_from && (verdict->would_drop || !strcmp(verdict->word, "drop"));
}

/* Does the set contain the packet's source or destination address? */
static bool set_holds(const struct explanation *explanation, const char *name,
		      enum portsieve_direction direction)
{
	const struct policy_set *set = policy_set_named(explanation->policy, name);
	const struct policy_prefix *address = direction == PORTSIEVE_SOURCE
						      ? &explanation->names.source
						      : &explanation->names.destination;

	for (size_t i = 0; set && explanation->names.has_addresses && i < set->members.count; i++)
		if (policy_prefix_holds(&set->members.list[i], address))
			return true;
	return false;
}

/* The sets of the deciding rule that contain the packet's addresses. */
static json_object *json_sets(const struct explanation *explanation)
{
	const struct policy_rule *rule = policy_rule_of(explanation);
	json_object *list = json_object_new_array();

	for (int d = 0; rule && d < PORTSIEVE_DIRECTIONS; d++)
		for (size_t i = 0; i < rule->sets[d].count; i++)
			if (set_holds(explanation, rule->sets[d].list[i].name, d))
				json_object_array_add(
					list, json_object_new_string(rule->sets[d].list[i].name));
	return list;
}

static void print_sets(const struct explanation *explanation)
{
	const struct policy_rule *rule = policy_rule_of(explanation);

	for (int d = 0; rule && d < PORTSIEVE_DIRECTIONS; d++)
		for (size_t i = 0; i < rule->sets[d].count; i++)
			if (set_holds(explanation, rule->sets[d].list[i].name, d))
				printf("  set      %s has the %s\n", rule->sets[d].list[i].name,
				       d == PORTSIEVE_SOURCE ? "source" : "destination");
}

/* " from 192.0.2.7 to 198.51.100.1" */
static void print_addresses(const struct frame_names *names, bool source, bool destination)
{
	if (names->has_addresses && source)
		printf(" from %s", policy_prefix_print(&names->source).text);
	if (names->has_addresses && destination)
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

/* Prints why rules for the port did not match: " ('ssh', line 4, has other addresses)". */
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

/* Prints the rest of the first line if a rule or the default decided. */
static void print_decider(const struct explanation *explanation, bool by_rule)
{
	const struct packet_verdict *verdict = &explanation->verdict;
	struct port_rules rules = port_rules_of(explanation);
	bool names = rules.decider_is_conditional || rules.elsewhere;

	if (by_rule) {
		if (verdict->protocol)
			printf("rule '%s' is the first that matches %s port %d", verdict->rule,
			       verdict->protocol, verdict->port);
		else
			printf("rule '%s' is the first without ports that matches a packet",
			       verdict->rule);
		print_addresses(&explanation->names, names && rules.by_source,
				names && rules.by_destination);
		print_skipped(&rules);
	} else {
		printf("no rule matches %s port %d", verdict->protocol, verdict->port);
		print_addresses(&explanation->names, rules.elsewhere, rules.elsewhere);
		print_skipped(&rules);
		printf(", and the default is %s", default_words(explanation->image));
	}
	printf("\n");
}

const char *explanation_file(const struct explanation *explanation)
{
	const struct portsieve_rule *rule = decider_of(explanation);
	const char *source = explanation->image->source;

	if (!rule || rule->runtime)
		return NULL;
	return rule->failsafe ? POLICY_FAILSAFE_FILE : source[0] ? source : NULL;
}

static struct reason_detail detail_of(const struct explanation *explanation)
{
	return (struct reason_detail){
		.icmp_type = explanation->names.icmp_type,
		.drop_knobs = explanation->names.ext_knobs & explanation->image->drop_knobs,
	};
}

int print_explanation_text(const struct explanation *explanation)
{
	const struct packet_verdict *verdict = &explanation->verdict;
	const struct portsieve_image *image = explanation->image;
	const struct portsieve_rule *rule = decider_of(explanation);
	const struct policy_rule *rule_of_policy = policy_rule_of(explanation);
	const struct reason_detail detail = detail_of(explanation);
	const char *service = service_of(verdict);

	printf("%s: ", verdict->would_drop ? "pass (monitor: would drop)" : verdict->word);
	if (verdict->range_id >= 0)
		print_decider(explanation, rule);
	else
		printf("%s: %s\n", verdict->reason, reason_print(verdict->reason_id, &detail).text);
	if (rule)
		printf("  rule     %s, %s%s\n", rule->name, action_words(rule->drop, rule->monitor),
		       is_from_elsewhere(explanation) ? "; the source is not in its only_from"
						      : "");
	else
		printf("  counted  %s\n", verdict->range_id >= 0 ? verdict->rule : verdict->reason);
	print_sets(explanation);
	if (rule_of_policy && rule_of_policy->description)
		printf("  about    %s\n", rule_of_policy->description);
	if (rule && rule->runtime && rule->until_ns) {
		/* 2026-11-21T15:22:15Z */
		struct policy_time_text end = policy_time_print(rule->until_ns, &explanation->host);

		printf("  kind     runtime rule, until %.10s %.8s UTC\n", end.text,
		       end.text + strlen("2026-11-21T"));
	} else if (rule && rule->runtime) {
		printf("  kind     runtime rule, without end\n");
	} else if (explanation_file(explanation)) {
		printf("  line     %s:%u%s\n", explanation_file(explanation), rule->line,
		       explanation->file_changed == EXPLAIN_CHANGED
			       ? " as it was applied; the file has changed since"
			       : "");
	}
	if (verdict->range_id >= 0) {
		char ports[16];

		format_ports(image->range[verdict->range_id].low,
			     image->range[verdict->range_id].high, ports);
		if (image->range[verdict->range_id].transport == PORTSIEVE_ANY)
			printf("  range    all packets\n");
		else
			printf("  range    %s %s\n", verdict->protocol, ports);
	}
	if (verdict->return_lookup)
		printf("  replies  passes if %s it (return: %s)\n",
		       !(image->flags & PORTSIEVE_IMAGE_RETURN_FLOW)
			       ? "a socket of this host expects"
		       : image->flags & PORTSIEVE_IMAGE_RETURN_SOCKET
			       ? "a flow or a socket of this host expects"
			       : "a flow that has left expects",
		       return_name(image));
	if (service)
		printf("  service  %s (IANA)\n", service);
	if (explanation->natively)
		printf("  judged natively: this user may not run BPF programs\n");
	return 0;
}

int print_explanation_json(const struct explanation *explanation)
{
	const struct packet_verdict *verdict = &explanation->verdict;
	const struct portsieve_rule *rule = decider_of(explanation);
	const struct policy_rule *rule_of_policy = policy_rule_of(explanation);
	const struct portsieve_range *range =
		verdict->range_id < 0 ? NULL : &explanation->image->range[verdict->range_id];
	bool has_ports = range && range->transport != PORTSIEVE_ANY;
	const struct reason_detail detail = detail_of(explanation);
	json_object *document = json_document();

	json_object_object_add(document, "policy", json_policy(explanation->image));
	json_add_text(document, "verdict", verdict->word);
	json_add_bool(document, "would_drop", verdict->would_drop);
	json_add_text(document, "reason", verdict->reason);
	json_add_text(document, "rule", verdict->rule);
	json_add_text(document, "description", rule_of_policy ? rule_of_policy->description : NULL);
	json_object_object_add(document, "sets", json_sets(explanation));
	json_add_bool(document, "runtime", rule && rule->runtime);
	json_add_text(document, "until",
		      rule && rule->until_ns
			      ? policy_time_print(rule->until_ns, &explanation->host).text
			      : NULL);
	json_object_object_add(document, "line",
			       rule && !rule->runtime ? json_object_new_int64(rule->line) : NULL);
	json_add_text(document, "source", explanation_file(explanation));
	json_object_object_add(
		document, "source_changed",
		explanation->file_changed == EXPLAIN_UNKNOWN
			? NULL
			: json_object_new_boolean(explanation->file_changed == EXPLAIN_CHANGED));
	json_add_text(document, "knob", reason_knob(verdict->reason_id, &detail));
	json_add_text(document, "protocol", verdict->protocol);
	json_object_object_add(document, "port",
			       verdict->port < 0 ? NULL : json_object_new_int(verdict->port));
	json_object_object_add(document, "low", has_ports ? json_object_new_int(range->low) : NULL);
	json_object_object_add(document, "high",
			       has_ports ? json_object_new_int(range->high) : NULL);
	json_add_text(document, "service", service_of(verdict));
	json_add_bool(document, "return_lookup", verdict->return_lookup);
	json_add_bool(document, "judged_natively", explanation->natively);
	return print_json(document);
}

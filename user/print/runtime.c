/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules in words and as JSON. */
#include "print/runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/duration.h"
#include "policy/sets.h"
#include "policy/until.h"
#include "print/json.h"

enum { NAMED_MAX = 3 }; /* items in a list of names, including "and N others" */

/* Sets as "set:NAME", then the rule's own prefixes. */
static json_object *json_addresses(const struct policy_rule *rule,
				   enum portsieve_direction direction)
{
	const struct policy_set_uses *uses = &rule->sets[direction];
	const struct policy_prefixes *prefixes = policy_rule_prefixes(rule, direction);
	json_object *list = json_object_new_array();
	char name[sizeof(POLICY_SET_PREFIX) + sizeof(uses->list->name)];

	for (size_t i = 0; i < uses->count; i++) {
		snprintf(name, sizeof(name), POLICY_SET_PREFIX "%s", uses->list[i].name);
		json_object_array_add(list, json_object_new_string(name));
	}
	for (size_t i = 0; i < policy_rule_own(rule, direction); i++)
		json_object_array_add(
			list, json_object_new_string(policy_prefix_print(&prefixes->list[i]).text));
	return list;
}

void json_add_runtime_rule(json_object *object, const struct policy_rule *rule,
			   const struct policy_host *host)
{
	json_add_text(object, "action", rule->action == POLICY_DROP ? "drop" : "allow");
	json_add_text(object, "ports", rule->ports);
	json_object_object_add(object, rule->only_from ? "only_from" : "from",
			       json_addresses(rule, PORTSIEVE_SOURCE));
	json_object_object_add(object, rule->only_from ? "from" : "only_from",
			       json_object_new_array());
	json_object_object_add(object, "to", json_addresses(rule, PORTSIEVE_DESTINATION));
	json_add_text(object, "description", rule->description);
	json_add_text(object, "until",
		      rule->until_ns ? policy_time_print(rule->until_ns, host).text : NULL);
}

/* " until 12:34:56 UTC (10m)"; with the date unless it is today (UTC). */
static void print_end(FILE *out, const struct policy_rule *rule, const struct policy_host *host)
{
	uint64_t left = (rule->until_ns - (uint64_t)host->boottime_ns + SECOND_NS / 2) / SECOND_NS;
	struct policy_time_text end = policy_time_print(rule->until_ns, host);
	struct policy_time_text now = policy_time_print((uint64_t)host->boottime_ns, host);
	const int date_length = 10; /* 2026-01-02T03:04:05Z */

	fputs(" until ", out);
	if (memcmp(end.text, now.text, date_length) != 0)
		fprintf(out, "%.*s ", date_length, end.text);
	fprintf(out, "%.8s UTC (%s)", end.text + date_length + 1, duration_print(left).text);
}

static void print_prefixes(FILE *out, const char *word, const struct policy_prefixes *prefixes)
{
	for (size_t i = 0; i < prefixes->count; i++)
		fprintf(out, "%s%s", i ? ", " : word, policy_prefix_print(&prefixes->list[i]).text);
}

char *runtime_rule_text(const struct policy_rule *rule, const struct policy_host *host,
			bool monitor)
{
	static const char *const verbs[2][2] = { { "allows", "drops" },
						 { "would allow", "would drop" } };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s %s", verbs[monitor][rule->action], rule->ports ?: "all packets");
	print_prefixes(out, " from ", &rule->from);
	print_prefixes(out, " to ", &rule->to);
	if (rule->until_ns)
		print_end(out, rule, host);
	else
		fputs(" until it is deleted", out);
	if (monitor)
		fputs("; the policy only monitors", out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

struct runtime_done runtime_rules_done(size_t count, size_t renewed)
{
	struct runtime_done done = { "added" };
	size_t added = count - renewed;

	if (count == 1 && renewed)
		strcpy(done.text, "renewed");
	else if (count > 1 && !added)
		snprintf(done.text, sizeof(done.text), "renewed %zu rules", renewed);
	else if (count > 1 && !renewed)
		snprintf(done.text, sizeof(done.text), "added %zu rules", added);
	else if (count > 1)
		snprintf(done.text, sizeof(done.text), "added %zu rule%s and renewed %zu", added,
			 added == 1 ? "" : "s", renewed);
	return done;
}

char *runtime_rules_text(const struct policy_rule *rules, size_t count,
			 const struct policy_host *host, bool monitor)
{
	_cleanup_free_ char *one = NULL;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (count == 1) {
		one = runtime_rule_text(rules, host, monitor);
		fprintf(out, "%s %s", rules->name, one ? one : "");
	} else {
		fprintf(out, "%s,", runtime_rule_names(rules, count).text);
		if (rules->until_ns)
			print_end(out, rules, host);
		else
			fputs(" until they are deleted", out);
		if (monitor)
			fputs("; the policy only monitors", out);
	}
	if (fclose(out) || (count == 1 && !one)) {
		free(text);
		return NULL;
	}
	return text;
}

struct word_list runtime_rule_names(const struct policy_rule *rules, size_t count)
{
	size_t named = count > NAMED_MAX ? NAMED_MAX - 1 : count;
	const char *words[NAMED_MAX] = { NULL };
	char others[32];

	for (size_t i = 0; i < named; i++)
		words[i] = rules[i].name;
	if (named < count) {
		snprintf(others, sizeof(others), "%zu others", count - named);
		words[named] = others;
	}
	return word_list_join(words, NAMED_MAX);
}

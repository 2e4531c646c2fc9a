/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules in words and as JSON. */
#include "print/runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/deadline.h"
#include "base/duration.h"
#include "policy/until.h"
#include "print/json.h"

enum { NAMED_MAX = 3 }; /* items of a list of names; "and N others" is one */

void json_add_runtime_rule(json_object *object, const struct policy_rule *rule,
			   const struct policy_host *host)
{
	json_object *from = json_object_new_array();

	for (size_t i = 0; i < rule->from.count; i++)
		json_object_array_add(from, json_object_new_string(
						    policy_prefix_print(&rule->from.list[i]).text));
	json_add_text(object, "action", rule->action == POLICY_DROP ? "drop" : "allow");
	json_add_text(object, "ports", rule->ports);
	json_object_object_add(object, "from", from);
	json_add_text(object, "until",
		      rule->until_ns ? policy_time_print(rule->until_ns, host).text : NULL);
}

/* " until 12:34:56 UTC (10m)"; with the date unless it is today's in UTC. */
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
	fprintf(out, "%s %s", verbs[monitor][rule->action], rule->ports);
	for (size_t i = 0; i < rule->from.count; i++)
		fprintf(out, "%s%s", i ? ", " : " from ",
			policy_prefix_print(&rule->from.list[i]).text);
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

struct word_list runtime_rule_names(const struct policy *policy)
{
	size_t count = policy->runtime_count;
	size_t named = count > NAMED_MAX ? NAMED_MAX - 1 : count;
	const char *words[NAMED_MAX] = { NULL };
	char others[32];

	for (size_t i = 0; i < named; i++)
		words[i] = policy->rules[i].name;
	if (named < count) {
		snprintf(others, sizeof(others), "%zu others", count - named);
		words[named] = others;
	}
	return word_list_join(words, NAMED_MAX);
}

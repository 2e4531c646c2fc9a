/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The summary of a checked policy. */
#include "print/check.h"

#include <limits.h>
#include <stdio.h>

#include "base/utf8.h"
#include "print/format.h"
#include "print/json.h"

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

int print_check_text(const struct check_report *report)
{
	const struct policy *policy = report->policy;
	size_t rules = policy->rules_count - policy->failsafe_count;
	char name[PATH_MAX], failsafe[64] = "", sets[64] = "";

	utf8_copy_printable(name, sizeof(name), report->path);
	if (policy->failsafe_count)
		snprintf(failsafe, sizeof(failsafe), " and %zu failsafe rule%s",
			 policy->failsafe_count, plural(policy->failsafe_count));
	if (policy->sets_count)
		snprintf(sets, sizeof(sets), ", %zu set%s", policy->sets_count,
			 plural(policy->sets_count));
	printf("%s: OK: %zu rule%s%s, %zu port range%s%s, default %s%s; %zu warning%s\n", name,
	       rules, plural(rules), failsafe, report->ranges, plural(report->ranges), sets,
	       action_words(policy->default_action == POLICY_DROP, policy->default_monitor),
	       policy->monitor ? ", monitor only" : "", report->warnings, plural(report->warnings));
	return 0;
}

int print_check_json(const struct check_report *report)
{
	const struct policy *policy = report->policy;
	json_object *document = json_document();

	json_object_object_add(document, "policy", json_policy(report->image));
	json_add_number(document, "rules", policy->rules_count - policy->failsafe_count);
	json_add_number(document, "failsafe_rules", policy->failsafe_count);
	json_add_number(document, "port_ranges", report->ranges);
	json_add_number(document, "sets", policy->sets_count);
	return print_json(document);
}

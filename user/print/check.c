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
	char name[PATH_MAX];

	utf8_copy_printable(name, sizeof(name), report->path);
	printf("%s: OK: %zu rule%s, %zu port range%s, default %s%s; %zu warning%s\n", name,
	       policy->rules_count, plural(policy->rules_count), report->ranges,
	       plural(report->ranges), policy->default_action == POLICY_DROP ? "drop" : "allow",
	       policy->monitor ? ", monitor only" : "", report->warnings, plural(report->warnings));
	return 0;
}

int print_check_json(const struct check_report *report)
{
	const struct policy *policy = report->policy;
	json_object *document = json_document();
	char sha256[65], name[PATH_MAX];

	utf8_copy_printable(name, sizeof(name), report->path);
	format_sha256(report->sha256, sha256);
	json_add_text(document, "policy", name);
	json_add_text(document, "sha256", sha256);
	json_add_text(document, "default",
		      policy->default_action == POLICY_DROP ? "drop" : "allow");
	json_add_bool(document, "monitor", policy->monitor);
	json_add_number(document, "rules", policy->rules_count);
	json_add_number(document, "port_ranges", report->ranges);
	json_add_number(document, "warnings", report->warnings);
	return print_json(document);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The summary of a checked policy. */
#include "print/check.h"

#include <limits.h>
#include <stdio.h>

#include "print/format.h"
#include "print/json.h"
#include "base/utf8.h"

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
	json_object_object_add(document, "policy", json_object_new_string(name));
	json_object_object_add(document, "sha256", json_object_new_string(sha256));
	json_object_object_add(
		document, "default",
		json_object_new_string(policy->default_action == POLICY_DROP ? "drop" : "allow"));
	json_object_object_add(document, "monitor", json_object_new_boolean(policy->monitor));
	json_object_object_add(document, "rules", json_object_new_uint64(policy->rules_count));
	json_object_object_add(document, "port_ranges", json_object_new_uint64(report->ranges));
	json_object_object_add(document, "warnings", json_object_new_uint64(report->warnings));
	return print_json(document);
}

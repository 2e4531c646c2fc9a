/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve check: validates a policy file and prints remarks. */
#include <limits.h>
#include <stdio.h>

#include "base/utf8.h"
#include "base/output.h"
#include "commands/command.h"
#include "control/ruleset.h"
#include "print/format.h"
#include "print/json.h"

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static enum exit_code check(const struct settings *settings, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	const struct policy *policy = &ruleset.file.policy;
	const char *action;
	char sha256[65], name[PATH_MAX];
	json_object *document;
	size_t ranges; /* without the built-in ones */

	if (ruleset_read(settings->operands[0], &ruleset, error))
		return error->exit;
	ranges = ruleset.image->ranges - PORTSIEVE_RANGE_RULES;
	action = policy->default_action == POLICY_DROP ? "drop" : "allow";
	utf8_copy_printable(name, sizeof(name), settings->operands[0]);
	if (!settings->json) {
		printf("%s: OK: %zu rule%s, %zu port range%s, default %s%s; %zu warning%s\n", name,
		       policy->rules_count, plural(policy->rules_count), ranges, plural(ranges),
		       action, policy->monitor ? ", monitor only" : "", ruleset.remarks,
		       plural(ruleset.remarks));
		return EXIT_DONE;
	}
	document = json_document();
	format_sha256(ruleset.file.sha256, sha256);
	json_add_text(document, "policy", name);
	json_add_text(document, "sha256", sha256);
	json_add_text(document, "default", action);
	json_add_bool(document, "monitor", policy->monitor);
	json_add_number(document, "rules", policy->rules_count);
	json_add_number(document, "port_ranges", ranges);
	json_add_number(document, "warnings", ruleset.remarks);
	return output_result(print_json(document), error);
}

const struct command command_check = {
	.name = "check",
	.operands = "POLICY",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Check a policy file and print remarks; change nothing",
	.options = { &option_json },
	.run = check,
};

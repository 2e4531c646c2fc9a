/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve check: validates a policy file and prints remarks. */
#include "base/log.h"
#include "base/output.h"
#include "commands/command.h"
#include "control/ruleset.h"
#include "print/check.h"

static enum exit_code check(const struct settings *settings, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	struct error warning = { 0 };

	if (ruleset_read(settings->operands[0], &ruleset, error))
		return error->exit;
	ruleset_check_access(&ruleset, true);
	if (policy_file_check_access(&ruleset.file, &warning)) {
		ruleset.remarks++;
		warning.code = WARNING_UNSAFE_FILE;
		log_warning(&warning);
	}

	const struct check_report report = {
		.path = ruleset.file.path,
		.image = ruleset.image,
		.policy = &ruleset.file.policy,
		.ranges = ruleset.image->ranges - PORTSIEVE_RANGE_RULES,
		.warnings = ruleset.remarks,
	};

	return output_result(settings->json ? print_check_json(&report) : print_check_text(&report),
			     error);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve diff: what a policy would change. */
#include <errno.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "commands/command.h"
#include "control/ruleset.h"
#include "control/shared_policy.h"
#include "print/diff.h"
#include "print/json.h"

/* As `apply` does: keeps the live runtime rules, unless the file has the key `runtime`. */
static int merge_runtime(struct policy_file *file, const struct policy *live, struct error *error)
{
	int r;

	policy_runtime_expire(&file->policy, file->host.boottime_ns);
	if (file->policy.names_runtime)
		return 0;
	r = policy_runtime_keep(&file->policy, live, &file->host, error);
	if (r && !error->file[0])
		error_prefix(error, file->path);
	return r;
}

static enum exit_code compare(const struct settings *settings, bool *ret_differs,
			      struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_shared_policy_ struct shared_policy common = { 0 };
	_cleanup_ruleset_ struct ruleset live = { 0 };
	struct policy_file file __attribute__((cleanup(policy_file_free))) = { 0 };
	_cleanup_free_ struct portsieve_image *image = NULL;
	_cleanup_policy_diff_ struct policy_diff difference = { 0 };
	const char *advice = settings->devices_count ? "compare with one at a time"
						     : "name one: portsieve diff POLICY DEV";

	if (policy_file_read(settings->operands[0], &file, error) ||
	    datapath_open(DATAPATH_READ, NULL, &datapath, error) ||
	    shared_policy_find(&datapath, settings->devices, settings->devices_count, advice,
			       &common, error) ||
	    ruleset_read_live(&datapath, &common.devices[0], &live, error) ||
	    merge_runtime(&file, &live.file.policy, error) ||
	    policy_file_compile(&file, &image, error))
		return error->exit;

	const struct policy_diff_side before = { &live.file.policy, live.image->drop_knobs,
						 live.image->monitor_knobs };
	const struct policy_diff_side after = { &file.policy, image->drop_knobs,
						image->monitor_knobs };
	const struct diff_report report = {
		.path = file.path,
		.image = image,
		.live = live.image,
		.devices = common.devices,
		.devices_count = common.count,
		.diff = &difference,
	};

	if (policy_diff(&before, &after, &difference) ||
	    (settings->json ? print_diff_json(&report) : print_diff_text(&report))) {
		error_no_memory(error);
		return error->exit;
	}
	*ret_differs = !policy_diff_is_empty(&difference);
	return shared_policy_code(&common);
}

static enum exit_code diff(const struct settings *settings, struct error *error)
{
	bool differs = false;
	enum exit_code code = compare(settings, &differs, error);

	if (!settings->exit_code)
		return code;
	/* As in diff(1), 1 only means that something differs. */
	if (code == EXIT_FAILED)
		return EXIT_USAGE;
	if (json_end() || output_flush())
		return EXIT_USAGE;
	return code ?: differs ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_diff = {
	.name = "diff",
	.operands = "POLICY [DEV]...",
	.operands_min = 1,
	.operands_max = 1,
	.devices_max = COMMAND_DEVICES_MAX,
	.summary = "Print what a policy would change; change nothing",
	.details = "Compares it with the policy in force on the devices: port ranges and addresses "
		   "with a different "
		   "verdict,\nsettings, and rules.",
	.options = { &option_same_dev, &option_exit_code, &option_json },
	.run = diff,
};

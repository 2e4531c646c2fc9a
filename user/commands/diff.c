/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve diff: what a policy would change. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "commands/command.h"
#include "control/shared_policy.h"
#include "print/diff.h"
#include "control/ruleset.h"

/* Both sides, and what they are read from. */
struct diff_sides {
	struct shared_policy common; /* what the live policy is that of */
	struct ruleset live;
	struct policy_file file;
	struct portsieve_image *file_image;
};

static void sides_free(struct diff_sides *sides)
{
	shared_policy_free(&sides->common);
	ruleset_free(&sides->live);
	policy_file_free(&sides->file);
	free(sides->file_image);
}
#define _cleanup_sides_ __attribute__((cleanup(sides_free)))

/* What `apply` does: runtime rules stay unless the file speaks of them. */
static int merge_runtime(struct diff_sides *sides, const char *path, struct error *error)
{
	struct policy *policy = &sides->file.policy;
	int r = 0;

	policy_runtime_expire(policy, sides->file.host.boottime_ns);
	if (!policy->names_runtime)
		r = policy_runtime_keep(policy, &sides->live.file.policy, &sides->file.host, error);
	if (r && !error->file[0])
		error_prefix(error, path);
	return r;
}

static int find_live(const struct datapath *datapath, const struct settings *settings,
		     struct diff_sides *sides, struct error *error)
{
	int r = shared_policy_find(datapath, settings->devices, settings->devices_count,
				   settings->devices_count ? "compare with one --dev at a time"
							   : "choose one with --dev",
				   &sides->common, error);

	return r ? r : ruleset_read_live(datapath, &sides->common.devices[0], &sides->live, error);
}

static int compare(const struct settings *settings, const char *path,
		   const struct diff_sides *sides, struct error *error)
{
	struct policy_diff_side before = { &sides->live.file.policy,
					   sides->live.image->drop_knobs };
	struct policy_diff_side after = { &sides->file.policy, sides->file_image->drop_knobs };
	_cleanup_policy_diff_ struct policy_diff diff = { 0 };
	struct diff_report report = {
		.path = path,
		.devices = sides->common.devices,
		.devices_count = sides->common.count,
		.diff = &diff,
		.monitor_before = sides->live.file.policy.monitor,
		.monitor_after = sides->file.policy.monitor,
	};
	int r = policy_diff(&before, &after, &diff);

	if (!r)
		r = settings->json ? print_diff_json(&report) : print_diff_text(&report);
	return r ? error_no_memory(error) : 0;
}

static enum exit_code diff(const struct settings *settings, int count, char **operands,
			   struct error *error)
{
	_cleanup_sides_ struct diff_sides sides = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	int r;

	(void)count;
	r = policy_file_read(operands[0], &sides.file, error);
	if (!r)
		r = datapath_open(DATAPATH_READ, NULL, &datapath, error);
	if (!r)
		r = find_live(&datapath, settings, &sides, error);
	if (!r)
		r = merge_runtime(&sides, operands[0], error);
	if (!r)
		r = policy_file_compile(&sides.file, &sides.file_image, error);
	if (!r)
		r = compare(settings, operands[0], &sides, error);
	return r ? error->exit : shared_policy_code(&sides.common);
}

const struct command command_diff = {
	.name = "diff",
	.operands = "POLICY",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Say what a policy would change, and change nothing",
	.details =
		"Compares it with the policy in force: the port ranges, and the addresses, whose "
		"packets\nwould meet another verdict; settings; rules.",
	.options = { &option_diff_dev, &option_json },
	.run = diff,
};

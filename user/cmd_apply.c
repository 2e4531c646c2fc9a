/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve apply, portsieve check. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "command.h"
#include "log.h"
#include "print_check.h"
#include "ruleset.h"
#include "targets.h"

/* Is every loaded device that shares this slot among the targets? */
static bool is_whole_group(const struct datapath_device *all, size_t all_count,
			   const struct datapath_device *targets, size_t count, uint32_t active_id)
{
	for (size_t i = 0; i < all_count; i++) {
		bool among = false;

		for (size_t t = 0; t < count; t++)
			among |= targets[t].ifindex == all[i].ifindex;
		if (all[i].active_id == active_id && !among)
			return false;
	}
	return true;
}

static bool is_first_of_group(const struct datapath_device *targets, size_t index)
{
	for (size_t t = 0; t < index; t++)
		if (targets[t].active_id == targets[index].active_id)
			return false;
	return true;
}

/* Each group by one system call; a device that leaves its group by one of its own. */
static int apply_to(const struct datapath *datapath, const struct datapath_device *targets,
		    size_t count, const struct datapath_policy *policy, size_t *ret_done,
		    struct error *error)
{
	_cleanup_free_ struct datapath_device *all = NULL;
	size_t all_count;
	int r = datapath_devices(datapath, &all, &all_count, error);

	for (size_t t = 0; !r && t < count; t++) {
		if (!is_whole_group(all, all_count, targets, count, targets[t].active_id))
			r = datapath_apply_apart(datapath, &targets[t], policy, error);
		else if (is_first_of_group(targets, t))
			r = datapath_apply(datapath, &targets[t], policy, error);
		*ret_done += !r;
	}
	return r;
}

static enum exit_code apply(const struct settings *settings, int count, char **operands,
			    struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	_cleanup_free_ struct datapath_device *targets = NULL;
	struct datapath datapath;
	size_t found, done = 0;
	int r;

	(void)count;
	if (ruleset_read(operands[0], &ruleset, error) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	r = targets_find(&datapath, settings->devices, settings->devices_count, &targets, &found,
			 error);
	if (!r) {
		struct datapath_policy policy = { ruleset.image, ruleset.text };

		r = apply_to(&datapath, targets, found, &policy, &done, error);
	}
	datapath_close(&datapath);
	if (!r)
		return EXIT_DONE;
	return done ? EXIT_PARTLY : error->exit;
}

const struct command command_apply = {
	.name = "apply",
	.operands = "POLICY",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Put another policy in force on loaded devices, atomically",
	.details = "Every packet is judged by the old policy or by the new one, whole. Counters of "
		   "ranges that stay\n"
		   "go on. Nothing changes if anything is wrong with the policy.",
	.options = { &option_dev },
	.run = apply,
};

static enum exit_code check(const struct settings *settings, int count, char **operands,
			    struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	int r;

	(void)count;
	if (ruleset_read(operands[0], &ruleset, error))
		return error->exit;
	r = settings->json ? print_check_json(operands[0], &ruleset)
			   : print_check_text(operands[0], &ruleset);
	return r ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_check = {
	.name = "check",
	.operands = "POLICY",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Check a policy file and remark on it; change nothing",
	.options = { &option_json },
	.run = check,
};

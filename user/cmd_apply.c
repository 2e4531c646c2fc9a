/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve apply, portsieve check. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "command.h"
#include "log.h"
#include "print_check.h"
#include "ruleset.h"
#include "targets.h"

/* The targets that share one slot. */
struct group {
	struct datapath_device *devices;
	size_t count;
};

/* Takes the group of targets[0] out of the targets, by moving it to their front. */
static struct group next_group(struct datapath_device *targets, size_t count)
{
	struct group group = { .devices = targets };

	for (size_t t = 0; t < count; t++) {
		struct datapath_device device = targets[t];

		if (device.active_id != targets[0].active_id)
			continue;
		targets[t] = targets[group.count];
		targets[group.count++] = device;
	}
	return group;
}

/* Does every loaded device that shares the group's slot belong to the group? */
static bool is_whole(const struct group *group, const struct datapath_device *all, size_t count)
{
	size_t sharing = 0;

	for (size_t i = 0; i < count; i++)
		sharing += all[i].active_id == group->devices[0].active_id;
	return sharing == group->count;
}

static void name_group(const struct group *group, struct error *error)
{
	char names[256] = "";

	for (size_t i = 0; i < group->count && strlen(names) + IF_NAMESIZE + 2 < sizeof(names);
	     i++) {
		strcat(names, i ? ", " : "");
		strcat(names, group->devices[i].name);
	}
	error_prefix(error, names);
}

static int apply_group(const struct datapath *datapath, const struct group *group,
		       const struct datapath_policy *policy, struct error *error)
{
	_cleanup_free_ struct datapath_device *all = NULL;
	size_t count;
	int r = 0;

	if (group->devices[0].broken)
		r = error_set(error, EUCLEAN, EXIT_FAILED,
			      "its pins are not whole; unload it and load it again");
	if (!r)
		r = datapath_devices(datapath, &all, &count, error);
	if (!r && !is_whole(group, all, count))
		r = datapath_part(datapath, group->devices, group->count, error);
	if (!r)
		r = datapath_apply(datapath, &group->devices[0], policy, error);
	if (r)
		name_group(group, error);
	return r;
}

/* Each group by one system call. What goes wrong with one leaves the others to be done. */
static enum exit_code apply_to(const struct datapath *datapath, struct datapath_device *targets,
			       size_t count, const struct datapath_policy *policy)
{
	enum exit_code code = EXIT_DONE;
	bool some_done = false;

	while (count) {
		struct group group = next_group(targets, count);
		struct error error = { .exit = EXIT_FAILED };

		if (apply_group(datapath, &group, policy, &error)) {
			log_error(&error);
			code = code ? code : error.exit;
		} else {
			some_done = true;
		}
		targets += group.count;
		count -= group.count;
	}
	return code && some_done ? EXIT_PARTLY : code;
}

static enum exit_code apply(const struct settings *settings, int count, char **operands,
			    struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	_cleanup_free_ struct datapath_device *targets = NULL;
	struct datapath datapath;
	enum exit_code code;
	size_t found;

	(void)count;
	if (ruleset_read(operands[0], &ruleset, error) ||
	    datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	if (targets_find(&datapath, settings->devices, settings->devices_count, &targets, &found,
			 error)) {
		code = error->exit;
	} else {
		struct datapath_policy policy = { ruleset.image, ruleset.text };

		code = apply_to(&datapath, targets, found, &policy);
	}
	datapath_close(&datapath);
	return code;
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

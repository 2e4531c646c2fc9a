/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve show: the policy in force, as text that `apply` accepts. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "commands/command.h"
#include "control/ruleset.h"
#include "control/shared_policy.h"
#include "print/json.h"
#include "print/runtime.h"

static bool has_runtime_rules(const struct portsieve_image *image)
{
	for (uint32_t i = 0; i < image->rules; i++)
		if (image->rule[i].runtime)
			return true;
	return false;
}

static int print_expanded(const struct ruleset *ruleset, char **text, struct error *error)
{
	char *expanded = policy_print_expanded(&ruleset->file.policy, &ruleset->file.host);

	if (!expanded)
		return error_no_memory(error);
	free(*text);
	*text = expanded;
	return 0;
}

/*
 * Reads the policy's text as it was applied; with `expand`, with the members of sets in place of
 * their files. If there are runtime rules, prints the text again, because some may have ended, and
 * the clock in which their ends are written may have been set; *ret_ruleset is then that policy,
 * else empty. The caller owns all three, also on failure.
 */
static int read_text(const struct datapath *datapath, const struct datapath_device *device,
		     bool expand, struct portsieve_image **ret_image, char **ret_text,
		     struct ruleset *ret_ruleset, struct error *error)
{
	int r = datapath_policy_read(datapath, device, ret_image, ret_text, NULL, NULL, error);

	if (r || !(expand || has_runtime_rules(*ret_image)))
		return r;
	r = ruleset_read_live(datapath, device, ret_ruleset, error);
	if (r)
		return r;
	if (expand && ret_ruleset->file.policy.sets_count)
		return print_expanded(ret_ruleset, ret_text, error);
	r = ruleset_print(ret_ruleset, error);
	if (r)
		return r;
	free(*ret_text);
	*ret_text = TAKE_PTR(ret_ruleset->text);
	return 0;
}

struct shown {
	const struct shared_policy *common;
	const struct portsieve_image *image;
	const char *text;
	const struct policy_file *file; /* with runtime rules; empty if there are none */
	uint64_t seconds_left;		/* until a pending change is rolled back; 0: none */
};

static int print_policy_json(const struct shown *shown)
{
	const struct shared_policy *common = shown->common;
	const struct policy_file *file = shown->file;
	json_object *document = json_document(), *policy = json_policy(shown->image);
	json_object *devices = json_object_new_array();
	json_object *rules = json_object_new_array();

	for (size_t i = 0; i < common->count; i++) {
		json_object *device = json_object_new_object();

		json_object_object_add(device, "device", json_printable(common->devices[i].name));
		json_add_number(device, "ifindex", common->devices[i].ifindex);
		json_object_array_add(devices, device);
	}
	for (size_t i = 0; i < file->policy.runtime_count; i++) {
		const struct policy_rule *rule =
			&file->policy.rules[file->policy.failsafe_count + i];
		json_object *row = json_object_new_object();

		json_object_object_add(row, "name", json_object_new_string(rule->name));
		json_add_runtime_rule(row, rule, &file->host);
		json_object_array_add(rules, row);
	}
	json_add_text(policy, "text", shown->text);
	json_object_object_add(document, "devices", devices);
	json_object_object_add(document, "policy", policy);
	json_object_object_add(document, "runtime", rules);
	json_add_seconds_left(document, shown->seconds_left);
	return print_json(document);
}

static enum exit_code show(const struct settings *settings, struct error *error)
{
	_cleanup_shared_policy_ struct shared_policy common = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	_cleanup_free_ struct portsieve_image *image = NULL;
	_cleanup_free_ char *text = NULL;
	uint64_t seconds_left;

	if (datapath_open(DATAPATH_READ, NULL, &datapath, error) ||
	    shared_policy_find(&datapath, settings->devices, settings->devices_count,
			       "name a device: portsieve show DEV", &common, error) ||
	    read_text(&datapath, &common.devices[0], settings->expand, &image, &text, &ruleset,
		      error))
		return error->exit;
	seconds_left = seconds_until(common.devices[0].confirm_until_ns, boottime_ns());
	if (settings->json) {
		const struct shown shown = { &common, image, text, &ruleset.file, seconds_left };

		if (print_policy_json(&shown)) {
			error_no_memory(error);
			return error->exit;
		}
		return shared_policy_code(&common);
	}
	if (seconds_left)
		printf("# unconfirmed: rolled back in %" PRIu64
		       " s unless confirmed with: portsieve confirm\n",
		       seconds_left);
	fputs(text, stdout);
	return shared_policy_code(&common);
}

const struct command command_show = {
	.name = "show",
	.operands = "[DEV]",
	.devices_max = 1,
	.summary = "Print the policy in force, as text that `apply` accepts",
	.options = { &option_expand, &option_same_dev, &option_json },
	.run = show,
};

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

/*
 * Reads the policy's text as it was applied. With runtime rules it is printed again, because some
 * may have ended and the clock that their ends are written in may have been set; *ret_ruleset is
 * then that policy, else it stays empty. The caller owns both, also after an error.
 */
static int read_text(const struct datapath *datapath, const struct datapath_device *device,
		     char **ret_text, struct ruleset *ret_ruleset, struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r = datapath_policy_read(datapath, device, &image, ret_text, error);

	if (r || !image->rules || !image->rule[0].runtime)
		return r;
	r = ruleset_read_live(datapath, device, ret_ruleset, error);
	if (r)
		return r;
	r = ruleset_print(ret_ruleset, error);
	if (r)
		return r;
	free(*ret_text);
	*ret_text = TAKE_PTR(ret_ruleset->text);
	return 0;
}

/* seconds_left: until a pending change is rolled back; 0: no change is pending. */
static int print_policy_json(const struct shared_policy *common, const char *text,
			     const struct policy_file *file, uint64_t seconds_left)
{
	json_object *document = json_document();
	json_object *names = json_object_new_array();
	json_object *rules = json_object_new_array();

	for (size_t i = 0; i < common->count; i++)
		json_object_array_add(names, json_printable(common->devices[i].name));
	for (size_t i = 0; i < file->policy.runtime_count; i++) {
		const struct policy_rule *rule = &file->policy.rules[i];
		json_object *row = json_object_new_object();

		json_object_object_add(row, "name", json_object_new_string(rule->name));
		json_add_runtime_rule(row, rule, &file->host);
		json_object_array_add(rules, row);
	}
	json_object_object_add(document, "devices", names);
	json_object_object_add(document, "policy", json_object_new_string(text));
	json_object_object_add(document, "runtime", rules);
	json_object_object_add(document, "falls_back_in_seconds",
			       seconds_left ? json_object_new_uint64(seconds_left) : NULL);
	return print_json(document);
}

static enum exit_code show(const struct settings *settings, struct error *error)
{
	_cleanup_shared_policy_ struct shared_policy common = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	_cleanup_free_ char *text = NULL;
	uint64_t seconds_left;

	if (datapath_open(DATAPATH_READ, NULL, &datapath, error) ||
	    shared_policy_find(&datapath, settings->operands, settings->operands_count,
			       "name a device: portsieve show DEV", &common, error) ||
	    read_text(&datapath, &common.devices[0], &text, &ruleset, error))
		return error->exit;
	seconds_left = seconds_until(common.devices[0].confirm_until_ns, boottime_ns());
	if (settings->json) {
		if (print_policy_json(&common, text, &ruleset.file, seconds_left)) {
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
	.operands_max = 1,
	.summary = "Print the policy in force, as text that `apply` accepts",
	.options = { &option_json },
	.run = show,
};

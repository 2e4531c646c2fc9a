/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve show: the policy in force, as text that apply accepts. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/cleanup.h"
#include "commands/command.h"
#include "control/shared_policy.h"

#include "print/json.h"
#include "print/runtime.h"
#include "control/ruleset.h"

/* What is to be shown: the text, and the runtime rules that are in it. */
struct shown {
	struct ruleset ruleset; /* empty where no runtime rule is in force */
	char *text;
	uint64_t seconds_left; /* of a policy that waits to be confirmed, from 1 */
};

static void shown_free(struct shown *shown)
{
	ruleset_free(&shown->ruleset);
	free(shown->text);
}

/*
 * The text as it was applied; with runtime rules it is made anew, for some may have ended, and the
 * clock that ends are written in may have been set.
 */
static int shown_read(const struct datapath *datapath, const struct datapath_device *device,
		      struct shown *shown, struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r = datapath_policy_read(datapath, device, &image, &shown->text, error);

	if (r || !image->rules || !image->rule[0].runtime)
		return r;
	r = ruleset_read_live(datapath, device, &shown->ruleset, error);
	if (!r)
		r = ruleset_print(&shown->ruleset, error);
	if (r)
		return r;
	free(shown->text);
	shown->text = TAKE_PTR(shown->ruleset.text);
	return 0;
}

static json_object *json_runtime(const struct ruleset *ruleset)
{
	json_object *rules = json_object_new_array();

	for (size_t i = 0; i < ruleset->file.policy.runtime_count; i++) {
		const struct policy_rule *rule = &ruleset->file.policy.rules[i];
		json_object *row = json_object_new_object();

		json_object_object_add(row, "name", json_object_new_string(rule->name));
		json_add_runtime_rule(row, rule, &ruleset->file.host);
		json_object_array_add(rules, row);
	}
	return rules;
}

static int show_json(const struct shared_policy *common, const struct shown *shown)
{
	json_object *document = json_document();
	json_object *names = json_object_new_array();

	for (size_t i = 0; i < common->count; i++)
		json_object_array_add(names, json_object_new_string(common->devices[i].name));
	json_object_object_add(document, "devices", names);
	json_object_object_add(document, "policy", json_object_new_string(shown->text));
	json_object_object_add(document, "runtime", json_runtime(&shown->ruleset));
	json_object_object_add(document, "falls_back_in_seconds",
			       shown->seconds_left ? json_object_new_uint64(shown->seconds_left)
						   : NULL);
	return print_json(document);
}

static int show_text(const struct shown *shown)
{
	if (shown->seconds_left)
		printf("# unconfirmed: unless `portsieve confirm` comes, falls back in %" PRIu64
		       " s\n",
		       shown->seconds_left);
	fputs(shown->text, stdout);
	return 0;
}

/* Two policies would not make one file. */
static int show_loaded(const struct datapath *datapath, const struct settings *settings, int count,
		       char **operands, struct shared_policy *common, struct error *error)
{
	struct shown shown __attribute__((cleanup(shown_free))) = { 0 };
	int r = shared_policy_find(datapath, (const char *const *)operands, (size_t)count,
				   "name a device: portsieve show DEV", common, error);

	if (!r)
		r = shown_read(datapath, &common->devices[0], &shown, error);
	if (r)
		return r;
	shown.seconds_left = seconds_until(common->devices[0].confirm_until_ns, boottime_ns());
	return settings->json ? show_json(common, &shown) : show_text(&shown);
}

static enum exit_code show(const struct settings *settings, int count, char **operands,
			   struct error *error)
{
	_cleanup_shared_policy_ struct shared_policy common = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	int r = datapath_open(DATAPATH_READ, NULL, &datapath, error);

	if (!r)
		r = show_loaded(&datapath, settings, count, operands, &common, error);
	return r ? error->exit : shared_policy_code(&common);
}

const struct command command_show = {
	.name = "show",
	.operands = "[DEV]",
	.operands_max = 1,
	.summary = "Print the policy in force, as text that `apply` accepts",
	.options = { &option_json },
	.run = show,
};

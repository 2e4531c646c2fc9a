/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * portsieve save: writes the policy in force as a policy file, with runtime rules without an end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diff.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "commands/command.h"
#include "control/ruleset.h"
#include "control/saved_policy.h"
#include "control/shared_policy.h"
#include "print/json.h"
#include "print/runtime.h"

/* The runtime rules of a view by policy_runtime_saved, which have an end and are not saved. */
static const struct policy_rule *ending_rules(const struct policy *view)
{
	return view->rules + view->failsafe_count;
}

/* Does a runtime rule with an end follow one without? After `apply` it will precede it. */
static bool is_reordered(const struct policy *policy)
{
	bool endless = false;

	for (size_t i = 0; i < policy->runtime_count; i++) {
		const struct policy_rule *rule = &policy->rules[policy->failsafe_count + i];

		if (endless && rule->until_ns)
			return true;
		endless |= !rule->until_ns;
	}
	return false;
}

/* Warns if the file, once applied, will judge packets differently until the rules have ended. */
static int check_order(const struct ruleset *live, const struct policy *view, struct error *error)
{
	_cleanup_policy_diff_ struct policy_diff diff = { 0 };
	const struct portsieve_image *image = live->image;
	const struct policy_diff_side before = { &live->file.policy, image->drop_knobs,
						 image->monitor_knobs };
	const struct policy_diff_side after = { view, image->drop_knobs, image->monitor_knobs };
	struct error warning = { 0 };

	if (!is_reordered(&live->file.policy))
		return 0;
	if (policy_diff(&before, &after, &diff))
		return error_no_memory(error);
	if (!diff.changes_count)
		return 0;
	error_set(&warning, 0, EXIT_DONE,
		  "once the saved policy is applied, the rules that end (%s) come before the saved "
		  "ones, so that some packets are judged differently; `portsieve diff` shows which",
		  runtime_rule_names(ending_rules(view), view->runtime_count).text);
	log_warning(&warning);
	return 0;
}

struct saved {
	const struct shared_policy *common;
	const struct ruleset *live;
	const struct policy *view;
	const char *path; /* NULL: print it */
	const char *text;
};

static int print_saved_json(const struct saved *saved)
{
	json_object *document = json_document(), *policy = json_policy(saved->live->image);
	json_object *devices = json_object_new_array(), *left_out = json_object_new_array();

	for (size_t i = 0; i < saved->common->count; i++)
		json_add_result(devices, saved->common->devices[i].name, "saved", NULL);
	for (size_t i = 0; i < saved->view->runtime_count; i++)
		json_object_array_add(left_out,
				      json_object_new_string(ending_rules(saved->view)[i].name));
	json_add_text(policy, "text", saved->text);
	json_object_object_add(document, "devices", devices);
	json_object_object_add(document, "policy", policy);
	json_add_text(document, "file", saved->path);
	json_object_object_add(document, "left_out", left_out);
	return print_json(document);
}

static void note_saved(const struct saved *saved, bool kept)
{
	const struct policy *live = &saved->live->file.policy;
	size_t ending = saved->view->runtime_count, runtime = live->runtime_count - ending;

	if (saved->path)
		log_note_format("saved the policy in force to %s%s%s", saved->path,
				runtime ? ", with the runtime rules without end" : "",
				kept ? "; the previous file is kept with a ~ after its name" : "");
	if (ending)
		log_note_format("left out %zu runtime rule%s that end%s (%s)", ending,
				ending == 1 ? "" : "s", ending == 1 ? "s" : "",
				runtime_rule_names(ending_rules(saved->view), ending).text);
}

/* Does the set's path in the policy lead to its file also from where the policy is saved? */
static bool is_found(const struct policy_set *set, const char *saved)
{
	const char *slash = saved ? strrchr(saved, '/') : NULL;
	_cleanup_free_ char *path = NULL, *found = NULL;

	if (!saved ||
	    asprintf(&path, "%.*s%s", slash ? (int)(slash + 1 - saved) : 0, saved, set->file) < 0) {
		path = NULL; /* undefined after a failed asprintf */
		return false;
	}
	found = realpath(path, NULL);
	return found && !strcmp(found, set->path);
}

/* The live policy's sets, with paths for the saved one. NULL: out of memory. */
static struct policy_set *sets_of(const struct ruleset *live, const char *saved)
{
	const struct policy *policy = &live->file.policy;
	struct policy_set *sets = calloc(policy->sets_count + 1, sizeof(*sets));

	for (size_t i = 0; sets && i < policy->sets_count; i++) {
		sets[i] = policy->sets[i]; /* shared */
		if (sets[i].path && sets[i].file[0] != '/' && !is_found(&sets[i], saved))
			sets[i].file = sets[i].path;
	}
	return sets;
}

/* Warns of set files that have changed: the saved policy names the files, not their content. */
static void warn_of_changed(const struct ruleset *live)
{
	const struct policy *policy = &live->file.policy;

	for (size_t i = 0; i < policy->sets_count; i++) {
		const struct policy_set *set = &policy->sets[i];
		struct error warning = { 0 };

		if (!set->file || !policy_set_changed(set))
			continue;
		error_set(&warning, 0, EXIT_DONE,
			  "the file of the set '%s', %s, is not what is in force: once the saved "
			  "policy is applied, it is read as it is then; `portsieve show --expand` "
			  "prints what is in force",
			  set->name, set->path ?: set->file);
		log_warning(&warning);
	}
}

/* The text to save; the caller frees it. */
static char *text_of(const struct ruleset *live, const struct policy *view, const char *path)
{
	struct policy saved = *view; /* shares the rules */
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ struct policy_set *sets = sets_of(live, path);

	saved.failsafe_count += saved.runtime_count; /* these are not printed */
	saved.runtime_count = 0;
	if (!sets)
		return NULL;
	saved.sets = sets;
	text = policy_print(&saved, &live->file.host);
	return text ? saved_policy_text(text) : NULL;
}

static enum exit_code save(const struct settings *settings, struct error *error)
{
	const char *path = settings->operands_count && strcmp(settings->operands[0], "-")
				   ? settings->operands[0]
				   : NULL;
	_cleanup_shared_policy_ struct shared_policy common = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_ruleset_ struct ruleset live = { 0 };
	_cleanup_free_ struct policy_rule *rules = NULL;
	_cleanup_free_ char *text = NULL;
	struct policy view;
	bool kept = false;

	if (datapath_open(DATAPATH_READ, NULL, &datapath, error) ||
	    shared_policy_find(&datapath, settings->devices, settings->devices_count,
			       "choose one with --dev", &common, error) ||
	    ruleset_read_live(&datapath, &common.devices[0], &live, error))
		return error->exit;
	if (live.image->flags & PORTSIEVE_IMAGE_NO_POLICY) {
		error_set(error, ENOENT, EXIT_FAILED,
			  "no policy that drops is in force: there is nothing to save");
		return error->exit;
	}
	if (policy_runtime_saved(&live.file.policy, &view)) {
		error_no_memory(error);
		return error->exit;
	}
	rules = view.rules;
	text = text_of(&live, &view, path);
	if (!text) {
		error_no_memory(error);
		return error->exit;
	}
	warn_of_changed(&live);
	if (check_order(&live, &view, error) ||
	    (path &&
	     saved_policy_write(path, text, live.file.sha256, settings->force, &kept, error)))
		return error->exit;

	const struct saved saved = { &common, &live, &view, path, text };

	note_saved(&saved, kept);
	if (!settings->json && !path)
		fputs(text, stdout);
	if (settings->json && print_saved_json(&saved)) {
		error_no_memory(error);
		return error->exit;
	}
	return shared_policy_code(&common);
}

const struct command command_save = {
	.name = "save",
	.operands = "[FILE]",
	.operands_max = 1,
	.summary = "Write the policy in force, with runtime rules, as a policy file",
	.details = "Runtime rules without an end become rules of the file, so that they persist; "
		   "those that end are\n"
		   "left out. Without FILE, prints the policy. Applying the file then changes "
		   "nothing.",
	.options = { &option_dev, &option_overwrite, &option_quiet, &option_json },
	.run = save,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve load: attaches the program to network devices. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "commands/command.h"
#include "control/device_note.h"
#include "control/device_results.h"
#include "control/own_replies.h"
#include "control/ruleset.h"
#include "control/ssh_session.h"
#include "host/interface.h"

/* Refuses a policy that cuts the user's ssh session, before it is loaded onto any device. */
static int check_session(const struct ruleset *ruleset, const struct settings *settings,
			 struct error *error)
{
	struct ssh_session session;

	if (!ssh_session_find(&session))
		return 0;
	for (size_t i = 0; i < settings->devices_count; i++) {
		const char *device = settings->devices[i];
		int r = 0;

		if (ssh_session_arrives_on(&session, device))
			r = ssh_session_check(&session, device, ruleset, true, error);
		if (r)
			return r;
	}
	return 0;
}

/* *ret_path is NULL for the policy that only counts. */
static int choose_policy(const struct settings *settings, const char **ret_path,
			 struct error *error)
{
	if (settings->policy && settings->no_policy)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "load: give --policy or --no-policy, not both");
	*ret_path = settings->no_policy ? NULL
		    : settings->policy	? settings->policy
					: policy_file_usual();
	return 0;
}

static int check_replies(const struct ruleset *ruleset, const struct settings *settings,
			 struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < settings->devices_count && !r; i++)
		r = own_replies_check(ruleset, settings->devices[i], error);
	return r;
}

/* Checks all names first: with a mistyped one, no device is changed. */
static int check_names(const struct settings *settings, struct error *error)
{
	uint32_t ifindex;
	int r = 0;

	for (size_t i = 0; i < settings->devices_count && !r; i++)
		r = interface_find(settings->devices[i], &ifindex, error);
	return r;
}

/* Is the device named earlier on the command line? */
static bool is_repeat(const struct settings *settings, size_t device)
{
	for (size_t i = 0; i < device; i++)
		if (!strcmp(settings->devices[i], settings->devices[device]))
			return true;
	return false;
}

/* Returns whether the device is attached by a link. */
static bool note_loaded(const struct datapath *datapath, const char *name,
			const struct portsieve_image *image)
{
	struct datapath_device device;

	if (datapath_device(datapath, if_nametoindex(name), &device, NULL))
		return false;
	device_note(&device, "loaded", policy_words(image).text);
	return device.attach == DATAPATH_LINK;
}

/* Why `--attach auto` became a link. */
static void note_link(void)
{
	char reason[256];

	datapath_attach_reason(DATAPATH_LINK, false, reason, sizeof(reason));
	log_note_format("attached by a link: %s", reason);
}

static enum exit_code load(const struct settings *settings, struct error *error)
{
	static const enum datapath_attach attaches[] = {
		[ATTACH_AUTO] = DATAPATH_ATTACH_AUTO,
		[ATTACH_LINK] = DATAPATH_LINK,
		[ATTACH_DISPATCHER] = DATAPATH_DISPATCHER,
	};
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct datapath_load_options options = { .mode = settings->mode,
						 .attach = attaches[settings->attach],
						 .watch = settings->watch };
	struct device_results results = { 0 };
	struct datapath_policy policy;
	const char *path = NULL;
	bool has_link = false;

	if (choose_policy(settings, &path, error) || ruleset_read(path, &ruleset, error) ||
	    policy_file_check_access(&ruleset.file, error) || check_names(settings, error) ||
	    (!settings->force && (check_session(&ruleset, settings, error) ||
				  check_replies(&ruleset, settings, error))))
		return error->exit;
	ruleset_check_access(&ruleset, false);
	if (datapath_open(DATAPATH_WRITE, log_note, &datapath, error))
		return error->exit;
	policy = ruleset_policy(&ruleset);
	for (size_t i = 0; i < settings->devices_count; i++) {
		const char *device = settings->devices[i];
		struct error device_error = { .exit = EXIT_FAILED };
		int r;

		if (is_repeat(settings, i))
			continue;
		r = datapath_load(&datapath, device, &options, &policy, &device_error);
		device_results_add(&results, device, r, "loaded", &device_error);
		if (!r)
			has_link |= note_loaded(&datapath, device, ruleset.image);
	}
	if (has_link && settings->attach == ATTACH_AUTO)
		note_link();
	return device_results_end(&results, settings->json, ruleset.image);
}

const struct command command_load = {
	.name = "load",
	.operands = "DEV...",
	.devices_min = 1,
	.devices_max = COMMAND_DEVICES_MAX,
	.summary = "Load the filter onto network interfaces",
	.details = "The policy is in force from the first packet on. The filter stays after the "
		   "command ends, until\n"
		   "`portsieve unload`. Devices loaded with the same policy share it: one system "
		   "call changes it\n"
		   "for all.",
	.options = { &option_same_dev, &option_policy, &option_no_policy, &option_mode,
		     &option_attach, &option_per_port, &option_events, &option_force, &option_quiet,
		     &option_json },
	.changes = true,
	.run = load,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve show: the policy in force, as text that apply accepts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "command.h"
#include "print.h"
#include "print_json.h"
#include "targets.h"

/* Without a name there must be but one policy to show: two would not make one file. */
static int check_one_policy(const struct datapath *datapath, const struct datapath_device *devices,
			    size_t count, struct error *error)
{
	if (datapath_same_policy(datapath, devices, count))
		return 0;
	return error_set(
		error, EINVAL, EXIT_USAGE,
		"show: the loaded devices have several policies; name one: portsieve show %s",
		devices[0].name);
}

static int show_json(const struct datapath_device *devices, size_t count, const char *text)
{
	json_object *document = json_document();
	json_object *names = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(names, json_object_new_string(devices[i].name));
	json_object_object_add(document, "devices", names);
	json_object_object_add(document, "policy", json_object_new_string(text));
	return print_json(document);
}

static int show_loaded(const struct datapath *datapath, const struct settings *settings, int count,
		       char **operands, struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	_cleanup_free_ char *text = NULL;
	size_t found;
	int r = targets_find(datapath, (const char *const *)operands, count, &devices, &found,
			     error);

	if (!r)
		r = check_one_policy(datapath, devices, found, error);
	if (!r)
		r = datapath_policy_read(datapath, &devices[0], NULL, &text, error);
	if (r)
		return r;
	if (settings->json)
		return show_json(devices, found, text);
	fputs(text, stdout);
	return 0;
}

static enum exit_code show(const struct settings *settings, int count, char **operands,
			   struct error *error)
{
	struct datapath datapath;
	int r = datapath_open(DATAPATH_READ, NULL, &datapath, error);

	if (!r)
		r = show_loaded(&datapath, settings, count, operands, error);
	return r ? error->exit : EXIT_DONE;
}

const struct command command_show = {
	.name = "show",
	.operands = "[DEV]",
	.operands_max = 1,
	.summary = "Print the policy in force, as text that `apply` accepts",
	.options = { &option_json },
	.run = show,
};

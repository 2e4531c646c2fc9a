/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing the policy to judge by. */
#include "chosen_policy.h"

#include <errno.h>

#include "cleanup.h"
#include "counter_ids.h"
#include "ruleset.h"
#include "targets.h"

static int read_file(const char *path, struct portsieve_image **ret_image, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	int r = ruleset_read(path, &ruleset, error);

	if (r)
		return r;
	if (counter_ids_assign(ruleset.image, NULL))
		return error_set(error, ENOMEM, EXIT_FAILED, "not enough memory");
	*ret_image = TAKE_PTR(ruleset.image);
	return 0;
}

static int read_loaded(const struct settings *settings, struct portsieve_image **ret_image,
		       struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	struct datapath datapath;
	size_t count;
	int r = datapath_open(DATAPATH_READ, NULL, &datapath, error);

	if (!r)
		r = targets_find(&datapath, settings->devices, settings->devices_count, &devices,
				 &count, error);
	if (!r && !datapath_same_policy(&datapath, devices, count))
		r = error_set(error, EINVAL, EXIT_USAGE,
			      "several policies are loaded; choose one with --dev or --policy");
	if (!r)
		r = datapath_policy_read(&datapath, &devices[0], ret_image, NULL, error);
	return r;
}

int chosen_policy_read(const struct settings *settings, struct portsieve_image **ret_image,
		       struct error *error)
{
	if (settings->policy && settings->devices_count)
		return error_set(error, EINVAL, EXIT_USAGE, "give --policy or --dev, not both");
	if (settings->policy)
		return read_file(settings->policy, ret_image, error);
	return read_loaded(settings, ret_image, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Determines whether loaded devices have one policy. */
#include "control/shared_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/loaded_devices.h"
#include "control/ruleset.h"
#include "datapath/device_names.h"

/* Reads the live policy and prints its text again, without ended runtime rules. */
static int read_by_now(const struct datapath *datapath, const struct datapath_device *device,
		       struct ruleset *ret_ruleset, struct error *error)
{
	int r = ruleset_read_live(datapath, device, ret_ruleset, error);

	return r ? r : ruleset_print(ret_ruleset, error);
}

static int is_same_policy(const struct datapath *datapath, const struct datapath_device *one,
			  const struct datapath_device *other, bool *ret_same, struct error *error)
{
	_cleanup_ruleset_ struct ruleset first = { 0 }, second = { 0 };
	int r;

	*ret_same = one->active_id == other->active_id;
	if (*ret_same)
		return 0;
	r = read_by_now(datapath, one, &first, error);
	if (!r)
		r = read_by_now(datapath, other, &second, error);
	if (r)
		return r;
	*ret_same = !strcmp(first.text, second.text) && !strcmp(first.sets, second.sets) &&
		    first.image->drop_knobs == second.image->drop_knobs &&
		    !memcmp(&first.image->host, &second.image->host, sizeof(first.image->host)) &&
		    !memcmp(first.file.sha256, second.file.sha256, sizeof(first.file.sha256)) &&
		    !memcmp(first.file.failsafe_sha256, second.file.failsafe_sha256,
			    sizeof(first.file.failsafe_sha256));
	return 0;
}

/* Keeps the readable devices and logs the others. -EUCLEAN: none is readable. */
static int leave_unreadable(struct shared_policy *common, struct error *error)
{
	size_t readable = 0, all = common->count;

	for (size_t i = 0; i < all; i++)
		readable += !common->devices[i].broken;
	if (!readable)
		return datapath_refuse_broken(&common->devices[0], error);
	common->count = 0;
	for (size_t i = 0; i < all; i++) {
		struct error why = { 0 };

		if (!datapath_refuse_broken(&common->devices[i], &why)) {
			common->devices[common->count++] = common->devices[i];
			continue;
		}
		error_prefix(&why, device_name(&common->devices[i]).text);
		log_error(&why);
		common->unreadable++;
	}
	return 0;
}

int shared_policy_find(const struct datapath *datapath, const char *const *names, size_t count,
		       const char *advice, struct shared_policy *ret_common, struct error *error)
{
	_cleanup_shared_policy_ struct shared_policy common = { 0 };
	bool same = true;
	int r = loaded_devices_find(datapath, names, count, &common.devices, &common.count, error);

	if (r)
		return r;
	r = leave_unreadable(&common, error);
	for (size_t i = 1; !r && i < common.count && same; i++)
		r = is_same_policy(datapath, &common.devices[0], &common.devices[i], &same, error);
	if (!r && !same)
		r = error_set_code(error, ERROR_SEVERAL_POLICIES, EINVAL, "%s; %s",
				   count ? "these devices have different policies"
					 : "several policies are loaded",
				   advice);
	if (r)
		return r;
	*ret_common = common;
	common = (struct shared_policy){ 0 };
	return 0;
}

void shared_policy_free(struct shared_policy *common)
{
	free(common->devices);
	*common = (struct shared_policy){ 0 };
}

enum exit_code shared_policy_code(const struct shared_policy *common)
{
	return common->unreadable ? EXIT_PARTLY : EXIT_DONE;
}

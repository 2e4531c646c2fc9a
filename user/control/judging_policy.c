/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the policy that `explain` and `replay` judge by. */
#include "control/judging_policy.h"

#include <errno.h>

#include "base/cleanup.h"
#include "compile/counter_ids.h"
#include "control/ruleset.h"
#include "control/shared_policy.h"

enum { READ_TRIES = 100 };

void judging_policy_free(struct judging_policy *policy)
{
	free(policy->image);
	policy_free(&policy->policy);
	addresses_free(&policy->addresses);
	*policy = (struct judging_policy){ 0 };
}

/* Moves the policy out of the ruleset. */
static void take(struct ruleset *ruleset, struct judging_policy *policy)
{
	policy->image = TAKE_PTR(ruleset->image);
	policy->policy = ruleset->file.policy;
	policy_init(&ruleset->file.policy);
	policy->addresses = ruleset->addresses;
	ruleset->addresses = (struct addresses){ 0 };
}

static int read_file(const char *path, struct judging_policy *policy, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	int r = ruleset_read(path, &ruleset, error);

	if (r)
		return r;
	if (counter_ids_assign(ruleset.image, NULL))
		return error_no_memory(error);
	take(&ruleset, policy);
	return 0;
}

static int read_loaded(const char *const *names, size_t count, struct judging_policy *policy,
		       struct error *error)
{
	_cleanup_shared_policy_ struct shared_policy common = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct datapath_device device;
	int r = datapath_open(DATAPATH_READ, NULL, &datapath, error);

	if (!r)
		r = shared_policy_find(&datapath, names, count, "choose one with --dev or --policy",
				       &common, error);
	if (r)
		return r;
	device = common.devices[0];
	/* retries if a policy came into force between reading image and prefixes */
	for (int tries = 0; tries < READ_TRIES; tries++) {
		_cleanup_ruleset_ struct ruleset ruleset = { 0 };
		uint32_t image_id = device.image_id;

		judging_policy_free(policy);
		r = ruleset_read_live(&datapath, &device, &ruleset, error);
		if (!r)
			r = datapath_addresses_read(&datapath, &device, &ruleset.addresses, error);
		if (!r)
			take(&ruleset, policy);
		if (!r)
			r = datapath_device(&datapath, device.ifindex, &device, error);
		if (r || device.image_id == image_id)
			return r;
	}
	return error_set(error, EAGAIN, EXIT_FAILED,
			 "the policy changes faster than it can be read; try again");
}

int judging_policy_read(const char *path, const char *const *names, size_t count,
			struct judging_policy *ret_policy, struct error *error)
{
	_cleanup_judging_policy_ struct judging_policy policy = { 0 };
	int r;

	if (path && count)
		return error_set(error, EINVAL, EXIT_USAGE, "give --policy or --dev, not both");
	r = path ? read_file(path, &policy, error) : read_loaded(names, count, &policy, error);
	if (r)
		return r;
	*ret_policy = policy;
	policy = (struct judging_policy){ 0 };
	return 0;
}

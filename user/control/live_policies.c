/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the policies of the devices of a snapshot. */
#include "control/live_policies.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void live_policies_free(struct live_policies *policies)
{
	for (size_t i = 0; i < policies->count; i++)
		ruleset_free(&policies->rulesets[i]);
	free(policies->rulesets);
	free(policies->of_device);
	*policies = (struct live_policies){ 0 };
}

static bool is_same_text(const struct portsieve_image *one, const struct portsieve_image *other)
{
	return !memcmp(one->text_sha256, other->text_sha256, sizeof(one->text_sha256));
}

int live_policies_read(const struct snapshot *snapshot, struct live_policies *ret_policies,
		       struct error *error)
{
	_cleanup_live_policies_ struct live_policies policies = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct error ignored = { 0 };
	bool is_open;

	policies.of_device = calloc(snapshot->count + 1, sizeof(*policies.of_device));
	policies.rulesets = calloc(snapshot->count + 1, sizeof(*policies.rulesets));
	if (!policies.of_device || !policies.rulesets)
		return error_no_memory(error);
	policies.count = snapshot->count;
	is_open = !datapath_open(DATAPATH_READ, NULL, &datapath, &ignored);
	for (size_t i = 0; i < snapshot->count && is_open; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];
		struct ruleset *ruleset = &policies.rulesets[i];
		size_t first = 0;

		while (snapshot->devices[first].device.active_id != device->device.active_id)
			first++;
		if (first == i &&
		    !ruleset_read_live(&datapath, &device->device, ruleset, &ignored) &&
		    is_same_text(ruleset->image, device->image))
			policies.of_device[i] = &ruleset->file.policy;
		else
			policies.of_device[i] = policies.of_device[first];
	}
	*ret_policies = policies;
	policies = (struct live_policies){ 0 };
	return 0;
}

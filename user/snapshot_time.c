/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the time at which a snapshot was read says of it. Pure. */
#include "snapshot.h"

#include "boottime.h"

bool snapshot_rule_ended(const struct snapshot_device *device, const struct portsieve_rule *rule)
{
	return has_ended(rule->until_ns, device->read_ns);
}

bool snapshot_range_ended(const struct snapshot_device *device, uint32_t range_id)
{
	const struct portsieve_image *image = device->image;

	return range_id >= PORTSIEVE_RANGE_RULES &&
	       snapshot_rule_ended(device, &image->rule[image->range[range_id].rule]);
}

uint64_t snapshot_seconds_left(const struct snapshot_device *device)
{
	return seconds_until(device->image->confirm_until_ns, device->read_ns);
}

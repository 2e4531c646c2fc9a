/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of loaded devices, and changing each of them. */
#include "control/device_groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/loaded_devices.h"
#include "print/json.h"

/* Returns the group of devices[0], after moving its devices to the front. */
static struct device_group next_group(struct datapath_device *devices, size_t count)
{
	struct device_group group = { .devices = devices, .count = 1 };

	for (size_t i = 1; i < count && !devices[0].broken; i++) {
		struct datapath_device device = devices[i];

		if (device.broken || device.active_id != devices[0].active_id)
			continue;
		devices[i] = devices[group.count];
		devices[group.count++] = device;
	}
	return group;
}

int device_groups_find(const struct datapath *datapath, const char *const *names, size_t count,
		       struct device_groups *ret_groups, struct error *error)
{
	_cleanup_device_groups_ struct device_groups groups = { 0 };
	int r = loaded_devices_find(datapath, names, count, &groups.devices, &groups.devices_count,
				    error);

	if (r)
		return r;
	groups.list = calloc(groups.devices_count, sizeof(*groups.list));
	if (!groups.list)
		return error_no_memory(error);
	for (size_t at = 0; at < groups.devices_count;) {
		struct device_group *group = &groups.list[groups.count++];

		*group = next_group(groups.devices + at, groups.devices_count - at);
		at += group->count;
	}
	*ret_groups = groups;
	groups = (struct device_groups){ 0 };
	return 0;
}

void device_groups_free(struct device_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		ruleset_free(&groups->list[i].own);
	free(groups->list);
	free(groups->devices);
	*groups = (struct device_groups){ 0 };
}

bool device_group_is_live(const struct device_group *group)
{
	return !group->left_out && !group->devices[0].broken;
}

int device_group_check_session(const struct device_group *group, const struct ssh_session *session,
			       bool for_good, struct error *error)
{
	for (size_t i = 0; i < group->count; i++) {
		const char *device = group->devices[i].name;
		int r = 0;

		if (ssh_session_arrives_on(session, device))
			r = ssh_session_check(session, device, group->ruleset, for_good, error);
		if (r)
			return r;
	}
	return 0;
}

void device_group_note_login(const struct device_group *group, const struct ssh_session *session)
{
	const struct policy *policy = &group->ruleset->file.policy;
	bool arrives = false;

	for (size_t i = 0; i < group->count && !arrives; i++)
		arrives = ssh_session_arrives_on(session, group->devices[i].name);
	if (!arrives)
		return;
	log_note_format("%s: a new ssh login from %s to port %u %s", device_group_names(group).text,
			policy_prefix_print(&session->client).text, session->server_port,
			!ssh_session_passes(session, policy, boottime_ns()) ? "would be dropped"
			: !ssh_session_passes(session, policy, SSH_SESSION_FOR_GOOD)
				? "passes, but only until a runtime rule ends"
				: "passes");
}

int device_group_check_waiting(const struct device_group *group, struct error *error)
{
	uint64_t until_ns = group->devices[0].confirm_until_ns;

	return until_ns ? datapath_refuse_waiting(until_ns, error) : 0;
}

struct device_names device_group_names(const struct device_group *group)
{
	return device_names(group->devices, group->count);
}

struct device_names device_groups_names(const struct device_groups *groups)
{
	_cleanup_free_ struct datapath_device *devices =
		calloc(groups->devices_count, sizeof(*devices));
	size_t count = 0;

	for (size_t i = 0; devices && i < groups->count; i++)
		for (size_t d = 0; !groups->list[i].left_out && d < groups->list[i].count; d++)
			devices[count++] = groups->list[i].devices[d];
	return device_names(devices, count);
}

void device_groups_prefix(const struct device_groups *groups, const struct device_group *group,
			  struct error *error)
{
	if (groups->count > 1)
		error_prefix(error, device_group_names(group).text);
}

static int refuse_part(const struct device_group *group, const struct datapath_device *all,
		       size_t count, struct error *error)
{
	_cleanup_free_ struct datapath_device *others = calloc(count + 1, sizeof(*others));
	size_t others_count = 0;

	if (!others)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++) {
		bool is_other = !all[i].broken && all[i].active_id == group->devices[0].active_id;

		for (size_t d = 0; d < group->count; d++)
			is_other = is_other && group->devices[d].ifindex != all[i].ifindex;
		if (is_other)
			others[others_count++] = all[i];
	}
	return error_set(error, EBUSY, EXIT_FAILED,
			 "the policy is shared with %s: name all of these devices, or none",
			 device_names(others, others_count).text);
}

/*
 * Ensures that no other device shares the group's slot: moves the group to a slot of its own or, if
 * whole_only, fails. A device whose pinned state is incomplete counts as sharing, as its slot is
 * unknown; an unneeded move does no harm.
 */
static int make_whole(const struct datapath *datapath, const struct device_group *group,
		      bool whole_only, struct error *error)
{
	_cleanup_free_ struct datapath_device *all = NULL;
	size_t count, sharing = 0;
	int r;

	r = datapath_refuse_broken(&group->devices[0], error);
	if (r)
		return r;
	r = datapath_devices(datapath, &all, &count, error);
	if (r)
		return r;
	for (size_t i = 0; i < count; i++)
		sharing += all[i].broken ? !whole_only
					 : all[i].active_id == group->devices[0].active_id;
	if (sharing == group->count)
		return 0;
	if (whole_only)
		return refuse_part(group, all, count, error);
	return datapath_part(datapath, group->devices, group->count, error);
}

enum exit_code device_groups_change(const struct datapath *datapath, struct device_groups *groups,
				    device_group_fn *change)
{
	enum exit_code code = EXIT_DONE;
	bool some_done = false;

	for (size_t i = 0; i < groups->count; i++) {
		struct device_group *group = &groups->list[i];
		struct error error = { .exit = EXIT_FAILED };

		if (group->left_out)
			continue;
		if (!make_whole(datapath, group, groups->whole_only, &error) &&
		    !change(datapath, group, &error)) {
			some_done = true;
			continue;
		}
		group->failed = true;
		group->error = error;
		group->left_out = true;
		error_prefix(&error, device_group_names(group).text);
		log_error(&error);
		code = code ? code : error.exit;
	}
	return code && some_done ? EXIT_PARTLY : code;
}

int device_group_apply(const struct datapath *datapath, const struct device_group *group,
		       struct error *error)
{
	struct datapath_policy policy = ruleset_policy(group->ruleset);

	return datapath_apply(datapath, &group->devices[0], &policy, error);
}

json_object *device_groups_json(const struct device_groups *groups, const char *result)
{
	json_object *devices = json_object_new_array();

	for (size_t i = 0; i < groups->count; i++) {
		const struct device_group *group = &groups->list[i];

		if (group->left_out && !group->failed)
			continue;
		for (size_t d = 0; d < group->count; d++) {
			json_object *row = json_add_result(devices, group->devices[d].name, result,
							   group->failed ? &group->error : NULL);

			if (!group->cuts)
				continue;
			json_add_number(row, "cut_connections", group->cut);
			json_add_number(row, "cut_flows", group->cut_flows);
		}
	}
	return devices;
}

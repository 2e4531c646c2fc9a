/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded devices, grouped by the slot that they share: one system call changes a group's policy.
 * Changes are first prepared for all groups, so that an error in one leaves all unchanged.
 */
#ifndef PORTSIEVE_APPLY_GROUPS_H
#define PORTSIEVE_APPLY_GROUPS_H

#include <json-c/json.h>

#include "datapath/datapath.h"
#include "datapath/device_names.h"
#include "control/ruleset.h"
#include "control/ssh_session.h"

struct device_group {
	const struct datapath_device *devices;
	size_t count;
	bool left_out; /* nothing to do, or failed */
	bool failed;
	struct error error;	       /* why */
	bool only_counted;	       /* the previous policy, without a file, dropped nothing */
	size_t runtime_rules;	       /* runtime rules in force that the new policy removes */
	size_t renewed;		       /* runtime rules to add that it already had */
	bool cuts;		       /* connections are cut (cut.h) */
	size_t cut;		       /* number of connections cut */
	size_t cut_flows;	       /* number of other flows removed */
	struct ruleset own;	       /* a ruleset for this group only; may be empty */
	const struct ruleset *ruleset; /* the new policy: &own or the caller's */
};

struct device_groups {
	struct datapath_device *devices;
	size_t devices_count;
	struct device_group *list;
	size_t count;
	bool whole_only; /* fail rather than separate devices that share a slot */
};

/*
 * The groups of the named devices, or of all loaded ones if count is 0; errors as in
 * loaded_devices_find. A device whose pinned state is incomplete is a group of its own, for which
 * device_groups_change fails. The caller owns *ret_groups (device_groups_free).
 */
int device_groups_find(const struct datapath *datapath, const char *const *names, size_t count,
		       struct device_groups *ret_groups, struct error *error);
void device_groups_free(struct device_groups *groups);
#define _cleanup_device_groups_ __attribute__((cleanup(device_groups_free)))

/* Can the group's policy be read and changed? */
bool device_group_is_live(const struct device_group *group);

/* Calls ssh_session_check with the group's ruleset for each device that carries the session. */
int device_group_check_session(const struct device_group *group, const struct ssh_session *session,
			       bool for_good, struct error *error);

/* Notes whether a new login like the session would pass, if a device of the group carries it. */
void device_group_note_login(const struct device_group *group, const struct ssh_session *session);

/* -EBUSY with the error filled in if a change of the group is pending. */
int device_group_check_waiting(const struct device_group *group, struct error *error);

/* Prefixes the error with the group's devices if there are several groups. */
void device_groups_prefix(const struct device_groups *groups, const struct device_group *group,
			  struct error *error);

/* The names of the group's devices, or of those in all groups that are not left out. */
struct device_names device_group_names(const struct device_group *group);
struct device_names device_groups_names(const struct device_groups *groups);

/*
 * Calls `change` for each group that is not left out, after separating it from other devices that
 * share its slot. If a group fails, logs the error, leaves it out, and continues with the others.
 * Returns EXIT_DONE, EXIT_PARTLY, or the exit code of the first error.
 */
typedef int device_group_fn(const struct datapath *datapath, const struct device_group *group,
			    struct error *error);
enum exit_code device_groups_change(const struct datapath *datapath, struct device_groups *groups,
				    device_group_fn *change);

/* A device_group_fn: applies the group's ruleset to its first device, hence to its slot. */
int device_group_apply(const struct datapath *datapath, const struct device_group *group,
		       struct error *error);

/*
 * An array with each device and `result`, or "failed" and the error. Omits groups that were left
 * out from the start.
 */
json_object *device_groups_json(const struct device_groups *groups, const char *result);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded devices by the slot that they share: a policy is changed for a group by one system call.
 * Changes are first made ready for all groups, so that what is wrong with one changes nothing
 * anywhere.
 */
#ifndef PORTSIEVE_APPLY_GROUPS_H
#define PORTSIEVE_APPLY_GROUPS_H

#include "datapath/datapath.h"
#include "datapath/device_names.h"
#include "control/ruleset.h"
#include "control/ssh_session.h"

struct device_group {
	const struct datapath_device *devices;
	size_t count;
	bool left_out; /* nothing to do here, or it failed */
	bool failed;
	bool only_counted;	       /* what was in force dropped nothing: no policy */
	size_t runtime_rules;	       /* how many were in force that the new policy ends */
	struct ruleset own;	       /* a policy of the group's own; may be empty */
	const struct ruleset *ruleset; /* the policy that it gets: &own or one of the caller's */
};

struct device_groups {
	struct datapath_device *devices;
	size_t devices_count;
	struct device_group *list;
	size_t count;
	bool whole_only; /* never part devices that share a slot: an error instead */
};

/*
 * The groups of the devices of those names, or of all loaded ones where count is 0; errors as of
 * loaded_devices_find. Those whose pins are not whole make groups of one, which
 * device_groups_change says. The caller owns *ret_groups (device_groups_free).
 */
int device_groups_find(const struct datapath *datapath, const char *const *names, size_t count,
		       struct device_groups *ret_groups, struct error *error);
void device_groups_free(struct device_groups *groups);
#define _cleanup_device_groups_ __attribute__((cleanup(device_groups_free)))

/* Can the policy of this group be read and changed? */
bool device_group_is_live(const struct device_group *group);

/* Refuses a policy that cuts the session on a device of the group, as ssh_session_check. */
int device_group_check_session(const struct device_group *group, const struct ssh_session *session,
			       bool for_good, struct error *error);

/* -EBUSY with the error filled in while its policy waits to be confirmed: known beforehand. */
int device_group_check_waiting(const struct device_group *group, struct error *error);

/* Before what is wrong with a group's coming policy: which devices, where there are others. */
void device_groups_prefix(const struct device_groups *groups, const struct device_group *group,
			  struct error *error);

/* The names of the group's devices; of those of all groups that are not left out. */
struct device_names device_group_names(const struct device_group *group);
struct device_names device_groups_names(const struct device_groups *groups);

/*
 * Does `change` to the first device of each group that is not left out, parted before from devices
 * that share its slot and are not in the group. What goes wrong with one is logged, and leaves the
 * others to be done: EXIT_PARTLY then. A group that failed is left out afterwards.
 */
typedef int device_group_fn(const struct datapath *datapath, const struct device_group *group,
			    struct error *error);
enum exit_code device_groups_change(const struct datapath *datapath, struct device_groups *groups,
				    device_group_fn *change);

/* An device_group_fn: datapath_apply of the group's ruleset. */
int device_group_apply(const struct datapath *datapath, const struct device_group *group,
		       struct error *error);

/*
 * Prints what became of each device as JSON: `result` where it was done, else "failed"; nothing of
 * groups that were left out from the start. Returns as print_json.
 */
int device_groups_print_json(const struct device_groups *groups, const char *result);

#endif

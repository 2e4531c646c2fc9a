/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that loaded devices have in common, for the commands that show it. */
#ifndef PORTSIEVE_COMMON_POLICY_H
#define PORTSIEVE_COMMON_POLICY_H

#include "datapath/datapath.h"

struct shared_policy {
	struct datapath_device *devices; /* at least one */
	size_t count;
	size_t unreadable; /* devices left out; an error was logged for each */
};

/*
 * Finds the named devices (count 0: all loaded ones) if one policy is in force on all of them,
 * ignoring ended runtime rules. -EINVAL (EXIT_USAGE) if they have several policies; `advice` says
 * how to choose one. Leaves out devices whose pinned state is incomplete, unless there are no
 * others. The caller frees *ret_common (shared_policy_free).
 */
int shared_policy_find(const struct datapath *datapath, const char *const *names, size_t count,
		       const char *advice, struct shared_policy *ret_common, struct error *error);
void shared_policy_free(struct shared_policy *common);
#define _cleanup_shared_policy_ __attribute__((cleanup(shared_policy_free)))

/* The exit code of a command that has shown the policy: EXIT_DONE or EXIT_PARTLY. */
enum exit_code shared_policy_code(const struct shared_policy *common);

#endif

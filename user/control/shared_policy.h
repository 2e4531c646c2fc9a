/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that one or several loaded devices have in common: of it, what shows it speaks. */
#ifndef PORTSIEVE_COMMON_POLICY_H
#define PORTSIEVE_COMMON_POLICY_H

#include "datapath/datapath.h"

struct shared_policy {
	struct datapath_device *devices; /* one at least, which can be read */
	size_t count;
	size_t unreadable; /* devices that were asked for too; the log has said of each why */
};

/*
 * The devices of those names (count 0: all that are loaded), if one policy is in force on them;
 * runtime rules that have ended make no difference. -EINVAL (EXIT_USAGE) where there are several,
 * with `advice` on how to choose one. Of devices whose pins are not whole nobody knows the policy:
 * they are left out, unless there are no others. The caller frees with shared_policy_free.
 */
int shared_policy_find(const struct datapath *datapath, const char *const *names, size_t count,
		       const char *advice, struct shared_policy *ret_common, struct error *error);
void shared_policy_free(struct shared_policy *common);
#define _cleanup_shared_policy_ __attribute__((cleanup(shared_policy_free)))

/* What a command that has spoken of it exits with. */
enum exit_code shared_policy_code(const struct shared_policy *common);

#endif

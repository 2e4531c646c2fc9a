/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key `sets` of a policy, and the files of its sets. */
#ifndef PORTSIEVE_POLICY_READ_SETS_H
#define PORTSIEVE_POLICY_READ_SETS_H

#include "policy/read_mapping.h"

/* Reads the sets, the current value, into *policy. Returns 0, -EINVAL or -ENOMEM. */
int policy_sets_read(const struct policy_pairs *pairs, const struct policy_host *host,
		     struct policy *policy);

#endif

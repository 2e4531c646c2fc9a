/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that `explain` and `replay` judge by. */
#ifndef PORTSIEVE_CHOSEN_POLICY_H
#define PORTSIEVE_CHOSEN_POLICY_H

#include "datapath/datapath.h"

struct judging_policy {
	struct portsieve_image *image;
	struct policy policy; /* without ended runtime rules */
	struct addresses addresses;
};

/*
 * Reads the policy file at `path` or, if path is NULL, the policy in force on the named devices
 * (count 0: all loaded ones), which must share it. The caller owns *ret_policy
 * (judging_policy_free).
 */
int judging_policy_read(const char *path, const char *const *names, size_t count,
			struct judging_policy *ret_policy, struct error *error);
void judging_policy_free(struct judging_policy *policy);
#define _cleanup_judging_policy_ __attribute__((cleanup(judging_policy_free)))

#endif

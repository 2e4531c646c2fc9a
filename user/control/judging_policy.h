/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that `explain` and `replay` judge by. */
#ifndef PORTSIEVE_CHOSEN_POLICY_H
#define PORTSIEVE_CHOSEN_POLICY_H

#include "commands/command.h"

struct chosen_policy {
	struct portsieve_image *image;
	struct addresses addresses;
};

/*
 * That of --policy, or in force on --dev, or, with neither, the one that is loaded if there is but
 * one. The caller owns *ret_policy (chosen_policy_free).
 */
int chosen_policy_read(const struct settings *settings, struct chosen_policy *ret_policy,
		       struct error *error);
void chosen_policy_free(struct chosen_policy *policy);
#define _cleanup_chosen_policy_ __attribute__((cleanup(chosen_policy_free)))

#endif

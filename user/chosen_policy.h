/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy that `explain` and `replay` judge by. */
#ifndef PORTSIEVE_CHOSEN_POLICY_H
#define PORTSIEVE_CHOSEN_POLICY_H

#include "command.h"

/*
 * That of --policy, or in force on --dev, or, with neither, the one that is loaded if there is but
 * one. The caller frees *ret_image.
 */
int chosen_policy_read(const struct settings *settings, struct portsieve_image **ret_image,
		       struct error *error);

#endif

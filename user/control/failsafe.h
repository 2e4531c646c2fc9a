/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of failsafe rules (policy/failsafe.h) on this machine. */
#ifndef PORTSIEVE_CONTROL_FAILSAFE_H
#define PORTSIEVE_CONTROL_FAILSAFE_H

#include <stdint.h>

#include "control/policy_file.h"

/*
 * Reads the failsafe rules and puts them before those of the policy. Without the file there are
 * none. An invalid file is an error, with its place.
 */
int failsafe_add(struct policy_file *file, struct error *error);

/*
 * The digest of the file as it is now; zeros if there is none. Returns -errno with the error filled
 * in if the caller cannot read it.
 */
int failsafe_digest(uint8_t ret_sha256[32], struct error *error);

#endif

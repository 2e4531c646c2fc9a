/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of failsafe rules (policy/failsafe.h) on this machine. */
#ifndef PORTSIEVE_CONTROL_FAILSAFE_H
#define PORTSIEVE_CONTROL_FAILSAFE_H

#include <stdint.h>

#include "control/policy_file.h"

/*
 * Reads the failsafe rules, if there is a file, and puts them before those of the policy. An
 * invalid file is an error, with its place.
 */
int failsafe_add(struct policy_file *file, struct error *error);

/*
 * The current digest of the file; all zero if there is none. Returns -errno with the error filled
 * in if it cannot be read.
 */
int failsafe_digest(uint8_t ret_sha256[32], struct error *error);

#endif

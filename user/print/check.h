/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The summary that `check` prints for a valid policy. Each returns 0 or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_CHECK_H
#define PORTSIEVE_PRINT_CHECK_H

#include <stddef.h>

#include <portsieve/abi.h>

#include "policy/policy.h"

struct check_report {
	const char *path;
	const struct policy *policy;
	const struct portsieve_image *image; /* compiled from the policy */
	size_t ranges;			     /* of its rules, without the built-in ones */
	size_t warnings;
};

int print_check_text(const struct check_report *report);
int print_check_json(const struct check_report *report);

#endif

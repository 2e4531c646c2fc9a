/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remarks on a valid policy that may not be what its author meant: rules, or ranges of them, that
 * never match, and the rules that shadow them; relying on `assigned` for security. Pure.
 */
#ifndef PORTSIEVE_POLICY_CHECK_H
#define PORTSIEVE_POLICY_CHECK_H

#include "compile/addresses.h"
#include "base/error.h"

/* Receives one remark, with its place in `error` (exit is EXIT_DONE). */
typedef void policy_remark_fn(const struct error *error, void *context);

struct policy_check {
	const struct policy *policy;
	const struct portsieve_image *image; /* compiled from the policy: compile.h */
	const struct addresses *addresses;
	const char *file; /* to name the place */
	policy_remark_fn *remark;
	void *context; /* for `remark` */
};

void policy_check(const struct policy_check *check);

/*
 * Remarks on ended runtime rules. Call it before policy_runtime_expire removes them, and before
 * compiling.
 */
void policy_check_ends(const struct policy_check *check, uint64_t now_ns);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remarks on a policy that is valid but may not be what its author meant: a rule, or a range of
 * one, that never matches, and which rules shadow it; `assigned` used as a security policy. Pure.
 */
#ifndef PORTSIEVE_POLICY_CHECK_H
#define PORTSIEVE_POLICY_CHECK_H

#include "compile/addresses.h"
#include "base/error.h"

/* Takes one remark, with its place in `error` (exit is EXIT_DONE). */
typedef void policy_remark_fn(const struct error *error, void *context);

struct policy_check {
	const struct policy *policy;
	const struct portsieve_image *image; /* compiled from the policy: compile.h */
	const struct addresses *addresses;
	const char *file; /* to name the place */
	policy_remark_fn *remark;
	void *context; /* of `remark` */
};

void policy_check(const struct policy_check *check);

/*
 * Remarks on runtime rules that have ended. Call it before policy_runtime_expire removes them, and
 * before the policy is compiled.
 */
void policy_check_ends(const struct policy_check *check, uint64_t now_ns);

#endif

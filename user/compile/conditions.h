/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions: what decides ports that rules with addresses or an end name. The flat tables are
 * painted with the other rules before; here the ports in question get port classes. Pure; private
 * to the compiler.
 */
#ifndef PORTSIEVE_CONDITIONS_H
#define PORTSIEVE_CONDITIONS_H

#include "base/error.h"
#include "policy/policy.h"

/* Does a rule decide only for some addresses, or only for some time? */
bool rule_is_conditional(const struct policy_rule *rule);

/*
 * Completes an image whose ranges are all there and whose flat tables hold what the unconditional
 * rules and the default say. -E2BIG with the place in `file` past a limit; -ENOMEM.
 */
int conditions_compile(const struct policy *policy, const char *file, struct portsieve_image *image,
		       struct error *error);

#endif

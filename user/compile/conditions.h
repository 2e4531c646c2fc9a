/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions: rules that have addresses or an end. compile.c writes the unconditional rules into
 * the flat tables first; here the ports of conditional rules get port classes. Rules that are only
 * monitored are entered here too: what they match depends on the rules after them. Pure; private to
 * the compiler.
 */
#ifndef PORTSIEVE_CONDITIONS_H
#define PORTSIEVE_CONDITIONS_H

#include "base/error.h"
#include "policy/policy.h"

/* Does the rule name addresses or an end, has it no ports, or is it only monitored? Then it paints
 * no ports. */
bool rule_is_conditional(const struct policy_rule *rule);

/*
 * Completes an image that has all its ranges, and flat tables of the unconditional rules and the
 * default. -E2BIG past a limit, which the last rule is said to exceed; -ENOMEM.
 */
int conditions_compile(const struct policy *policy, const char *file, struct portsieve_image *image,
		       struct error *error);

#endif

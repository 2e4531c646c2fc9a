/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions: rules with addresses or an end. After compile.c has written unconditional rules to
 * the flat tables, the ports of conditional rules get port classes. This includes monitored rules:
 * their effect depends on the rules after them. Pure; private to the compiler.
 */
#ifndef PORTSIEVE_CONDITIONS_H
#define PORTSIEVE_CONDITIONS_H

#include "base/error.h"
#include "policy/policy.h"

/* Does the rule name addresses or an end, has it no ports, or is it only monitored? Then it paints
 * no ports. */
bool rule_is_conditional(const struct policy_rule *rule);

/*
 * Completes an image that has all its ranges, and flat tables with the unconditional rules and the
 * default. -E2BIG past a limit, with an error about the last rule; -ENOMEM.
 */
int conditions_compile(const struct policy *policy, const char *file, struct portsieve_image *image,
		       struct error *error);

#endif

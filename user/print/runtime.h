/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules in words and as JSON. */
#ifndef PORTSIEVE_PRINT_RUNTIME_H
#define PORTSIEVE_PRINT_RUNTIME_H

#include <json-c/json.h>

#include "policy/policy.h"
#include "policy/quote.h"

/*
 * Adds action, ports, from, only_from and to (arrays, empty for any address), description (null:
 * none) and until (null: without end).
 */
void json_add_runtime_rule(json_object *object, const struct policy_rule *rule,
			   const struct policy_host *host);

/*
 * "allows tcp/8080 from 192.0.2.0/24 until 12:34:56 UTC (10m)", with the date unless that is
 * today, or "would drop ..." in monitor mode. The caller frees it. NULL if out of memory.
 */
char *runtime_rule_text(const struct policy_rule *rule, const struct policy_host *host,
			bool monitor);

/* What `allow` or `drop` has done: "added", "renewed", "added 7 rules and renewed 3". */
struct runtime_done {
	char text[64];
};
struct runtime_done runtime_rules_done(size_t count, size_t renewed);

/*
 * What follows from it: "drop-tcp-25 drops tcp/25 until it is deleted", or "a, b and 8 others,
 * until they are deleted". All have the same end. The caller frees it. NULL if out of memory.
 */
char *runtime_rules_text(const struct policy_rule *rules, size_t count,
			 const struct policy_host *host, bool monitor);

/* Their names: "z", "z and b", "z, b and c", "z, b and 2 others". */
struct word_list runtime_rule_names(const struct policy_rule *rules, size_t count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules in words and as JSON. */
#ifndef PORTSIEVE_PRINT_RUNTIME_H
#define PORTSIEVE_PRINT_RUNTIME_H

#include <json-c/json.h>

#include "policy/policy.h"
#include "policy/quote.h"

/* Adds action, ports, from (an array, empty for any address) and until (null: without end). */
void json_add_runtime_rule(json_object *object, const struct policy_rule *rule,
			   const struct policy_host *host);

/*
 * "allows tcp/8080 from 192.0.2.0/24 until 12:34:56 UTC (10m)", with the date unless that is
 * today, or "would drop ..." in monitor mode. The caller frees it. NULL when memory is short.
 */
char *runtime_rule_text(const struct policy_rule *rule, const struct policy_host *host,
			bool monitor);

/* The runtime rules in it: "z", "z and b", "z, b and c", "z, b and 2 others". */
struct word_list runtime_rule_names(const struct policy *policy);

#endif

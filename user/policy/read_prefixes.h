/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of `from` and `to`: one prefix or a list of them, from YAML. */
#ifndef PORTSIEVE_POLICY_PREFIXES_H
#define PORTSIEVE_POLICY_PREFIXES_H

#include "policy/yaml.h"

/*
 * Reads the value of `key` ("from", "to"). `prefixes` is empty before; what it holds afterwards is
 * the caller's to free, on an error too. Returns 0, -EINVAL or -ENOMEM with the error set.
 */
int policy_prefixes_read(struct policy_yaml *yaml, const char *key,
			 struct policy_prefixes *prefixes);

/*
 * YAML takes colons at the ends of a plain text for its own. If that is what it stumbled over at
 * `mark`, sets an error that says to quote the address and returns -EINVAL; else returns 0 and
 * leaves the error alone.
 */
int policy_prefixes_unquoted(struct policy_yaml *yaml, const yaml_mark_t *mark);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Services by the names that users write: those of IANA's registry, and aliases for common names
 * that the registry lacks. A registered name is never an alias.
 */
#ifndef PORTSIEVE_POLICY_SERVICES_H
#define PORTSIEVE_POLICY_SERVICES_H

#include "base/suggest.h"
#include "policy/registry.h"

/* By name; ends with a row whose name is NULL. */
extern const struct registry_service service_aliases[];

/* As registry_by_name, or the alias if the registry lacks the name for these transports. */
size_t services_by_name(const char *name, unsigned int transports,
			const struct registry_service **services, size_t most);

/*
 * Offers services of these transports that the mistyped word may mean. Does not offer all similar
 * names: among thousands, some wrong one is similar to any short word.
 */
void services_offer(struct suggest *suggest, unsigned int transports);

#endif

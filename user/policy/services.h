/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Services by the names that users write: those of IANA's registry, and aliases for services that
 * everybody calls by a name that the registry lacks. A name of the registry is never an alias.
 */
#ifndef PORTSIEVE_POLICY_SERVICES_H
#define PORTSIEVE_POLICY_SERVICES_H

#include "base/suggest.h"
#include "policy/registry.h"

/* By name; ends with a row whose name is NULL. */
extern const struct registry_service service_aliases[];

/* As registry_by_name; for a name that it does not have for these transports, the alias. */
size_t services_by_name(const char *name, unsigned int transports,
			const struct registry_service **services, size_t most);

/*
 * Offers the services of these transports that may be meant by the mistyped word. Not all that are
 * close: among thousands of names, one that stands for another port is close to any short word.
 */
void services_offer(struct suggest *suggest, unsigned int transports);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `registry`: services and their ports. Each returns 0 or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_SERVICES_H
#define PORTSIEVE_PRINT_SERVICES_H

#include <stddef.h>

#include "policy/registry.h"

int print_services_text(const struct registry_service *const *services, size_t count);
int print_services_json(const struct registry_service *const *services, size_t count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding an interface by the name that a user gives. */
#ifndef PORTSIEVE_INTERFACE_H
#define PORTSIEVE_INTERFACE_H

#include <stdint.h>

#include "base/error.h"

/* -ENODEV, with the closest name in the error: the current network namespace has none. */
int interface_find(const char *name, uint32_t *ret_ifindex, struct error *error);

#endif

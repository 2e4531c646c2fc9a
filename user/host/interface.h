/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding an interface by name. */
#ifndef PORTSIEVE_INTERFACE_H
#define PORTSIEVE_INTERFACE_H

#include <stdint.h>

#include "base/error.h"

/*
 * -ENODEV: no such interface in the current network namespace; the error suggests the closest name.
 */
int interface_find(const char *name, uint32_t *ret_ifindex, struct error *error);

#endif

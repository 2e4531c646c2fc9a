/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What listens in this network namespace, and who. */
#ifndef PORTSIEVE_CONTROL_LISTENERS_H
#define PORTSIEVE_CONTROL_LISTENERS_H

#include <stddef.h>

#include "analysis/listener.h"
#include "base/error.h"

/*
 * Reads the listening sockets, by listener_compare, without process, pid and unit. The caller frees
 * *ret_listeners, which is not NULL even if there are none. Returns -errno with the error filled
 * in.
 */
int listeners_read(struct listener **ret_listeners, size_t *ret_count, struct error *error);

/*
 * Fills in process, pid and unit of the chosen listeners, as far as the caller may see them. Costs
 * a search of /proc. Returns 0 or -errno with the error filled in.
 */
int listeners_name(struct listener *const *chosen, size_t count, struct error *error);

/* Fills in the units only, which needs no rights. That of a cgroup which is gone stays empty. */
void listeners_name_units(struct listener *listeners, size_t count);

#endif

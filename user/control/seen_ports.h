/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting what arrives on a device for some time, by port, for `learn --over`. */
#ifndef PORTSIEVE_CONTROL_SEEN_PORTS_H
#define PORTSIEVE_CONTROL_SEEN_PORTS_H

#include "analysis/learn.h"
#include "base/error.h"

/*
 * Counts for `seconds`. If the device does not count all packets by port, it is switched to that
 * for this time and back afterwards, also if SIGINT, SIGTERM or SIGHUP interrupts it (-EINTR). The
 * caller frees ret_seen->ports. Returns -errno with the error filled in.
 */
int seen_ports_count(const char *device, uint32_t seconds, struct seen *ret_seen,
		     struct error *error);

#endif

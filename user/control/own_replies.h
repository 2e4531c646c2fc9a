/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refuses policies under which this host would lose the replies to its own connections. */
#ifndef PORTSIEVE_CONTROL_OWN_REPLIES_H
#define PORTSIEVE_CONTROL_OWN_REPLIES_H

#include "control/ruleset.h"

/*
 * -EPERM with the error filled in: the policy drops all replies, and a default route of this host
 * leads over the device, which does not forward that family, so the host is no router or bridge
 * there. If this cannot be read, returns 0.
 */
int own_replies_check(const struct ruleset *ruleset, const char *device, struct error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refuses policies under which this host would lose the replies to its own connections. */
#ifndef PORTSIEVE_CONTROL_OWN_REPLIES_H
#define PORTSIEVE_CONTROL_OWN_REPLIES_H

#include "control/ruleset.h"

/*
 * -EPERM with the error filled in: the policy drops all replies, and a default route of this host
 * leads over the device, which does not forward that family: it is a host's, not a router's or a
 * bridge's. What cannot be read is no reason to refuse.
 */
int own_replies_check(const struct ruleset *ruleset, const char *device, struct error *error);

#endif

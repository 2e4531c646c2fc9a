/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --cut: ends the TCP connections and flows that a new policy would not let in. Return traffic
 * passes by sockets and flows, so without it connections from before the change would go on.
 */
#ifndef PORTSIEVE_CONTROL_CUT_H
#define PORTSIEVE_CONTROL_CUT_H

#include "control/device_groups.h"

/*
 * -EOPNOTSUPP with the error filled in: the kernel cannot cut connections. Call it before the
 * change.
 */
int cut_available(struct error *error);

/* Keeps the policy from learning flows from the segments of connections that will be cut. */
static inline void cut_end_grace(struct portsieve_image *image)
{
	image->grace_until_ns = 0;
}

/*
 * Cuts connections that arrive on devices of the groups that are not left out, by the group's new
 * policy, which must be in force: connections to a listener if it drops their SYN, and all whose
 * packets are dropped by a rule that does not let replies pass. Under `return: flow` it also
 * removes such flows, and netfilter forgets them. Spares the caller's own ssh session. Notes for
 * each group how many were cut, and sets group->cut. Logs errors. Returns `code`, or EXIT_PARTLY
 * instead of EXIT_DONE after an error.
 */
enum exit_code cut_connections(const struct datapath *datapath, struct device_groups *groups,
			       enum exit_code code);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --cut: ends the TCP connections and flows that a new policy would not let in. Return traffic
 * looks at sockets and flows, so that those from before the change would go on.
 */
#ifndef PORTSIEVE_CONTROL_CUT_H
#define PORTSIEVE_CONTROL_CUT_H

#include "control/device_groups.h"

/* -EOPNOTSUPP with the error filled in: the kernel cannot. To be asked before the change. */
int cut_available(struct error *error);

/* The policy must learn no flow from the segments of a connection that is cut. */
static inline void cut_end_grace(struct portsieve_image *image)
{
	image->grace_until_ns = 0;
}

/*
 * Cuts the connections that arrive on devices of the groups that are not left out, by the group's
 * new policy, which must be in force: those to a listener whose SYN it drops, and all whose packets
 * a rule drops that lets no replies pass; under `return: flow` the flows of both kinds too, which
 * netfilter forgets. Spares the caller's own ssh session. Notes for each group
 * how many were cut, and sets group->cut. Logs errors; returns `code`, or EXIT_PARTLY in place of
 * EXIT_DONE after one.
 */
enum exit_code cut_connections(const struct datapath *datapath, struct device_groups *groups,
			       enum exit_code code);

#endif

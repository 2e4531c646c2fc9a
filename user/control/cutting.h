/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cut.c and cut_flows.c share: judging connections by the new policy of one group. */
#ifndef PORTSIEVE_CONTROL_CUTTING_H
#define PORTSIEVE_CONTROL_CUTTING_H

#include "control/arrival.h"
#include "control/device_groups.h"
#include "datapath/open_flows.h"
#include "host/sockets.h"

struct cutting {
	const struct policy *policy; /* of the current group */
	const struct device_group *group;
	uint64_t now_ns;
	const struct ssh_session *session; /* NULL: none */
	struct arrivals arrivals;
	bool listens[UINT16_MAX + 1]; /* by port: does a socket listen? */
	struct host_socket *chosen;   /* connections that the policy drops */
	size_t chosen_count;
	struct portsieve_flow_key *cut; /* the flows of those cut, sorted */
	size_t cut_count;
};

/* What the new policy does with an arriving packet. */
enum cut_verdict {
	CUT_PASSES,
	CUT_DROPS_BUT_ASKS, /* drops it unless it is a reply */
	CUT_DROPS,
};

/* Judges a packet of the direction that the flow lets in. The caller's ssh session passes. */
enum cut_verdict cut_judge(const struct cutting *cutting, const struct portsieve_flow_key *flow);

/*
 * Do packets of this direction arrive on a device of the group? `ifindex` is the device that the
 * connection is bound to; 0: none. Returns 1, 0 or -errno.
 */
int cut_arrives(struct cutting *cutting, const struct portsieve_flow_key *flow, uint32_t ifindex);

/*
 * Removes the flows in `cutting->cut` and those of forwarded connections, which netfilter then
 * forgets, and the cached replies. Adds to *cut_flows the number of flows removed besides
 * cutting->cut. Returns 0 or -errno.
 */
int cut_flows(const struct datapath *datapath, struct cutting *cutting, size_t *cut_flows);

#endif

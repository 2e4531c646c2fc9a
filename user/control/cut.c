/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the connections that a policy drops, and destroys their sockets. */
#include "control/cut.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "control/cutting.h"
#include "control/ssh_session.h"

/* All states of a connection except TIME_WAIT, in which it is over. */
enum {
	CONNECTED = 1 << TCP_ESTABLISHED | 1 << TCP_SYN_SENT | 1 << TCP_SYN_RECV |
		    1 << TCP_FIN_WAIT1 | 1 << TCP_FIN_WAIT2 | 1 << TCP_CLOSE_WAIT |
		    1 << TCP_LAST_ACK | 1 << TCP_CLOSING,
};

static void cutting_free(struct cutting **cutting)
{
	if (*cutting) {
		free((*cutting)->chosen);
		free((*cutting)->cut);
		arrivals_free(&(*cutting)->arrivals);
	}
	free(*cutting);
}

static struct policy_prefix address_of(bool is_ipv6, const uint8_t bytes[16])
{
	struct policy_prefix address = {
		.family = is_ipv6 ? POLICY_IPV6 : POLICY_IPV4,
		.length = is_ipv6 ? 128 : 32,
	};

	memcpy(address.address, bytes, sizeof(address.address));
	return address;
}

static bool is_session(const struct ssh_session *session, const struct policy_packet *packet,
		       const struct portsieve_flow_key *flow)
{
	return session && flow->transport == PORTSIEVE_TCP &&
	       packet->port == session->server_port &&
	       ntohs(flow->remote_port) == session->client_port &&
	       !policy_prefix_compare(&packet->source, &session->client) &&
	       !policy_prefix_compare(&packet->destination, &session->server);
}

enum cut_verdict cut_judge(const struct cutting *cutting, const struct portsieve_flow_key *flow)
{
	const struct policy *policy = cutting->policy;
	const struct policy_packet packet = {
		.transport =
			flow->transport == PORTSIEVE_FLOW_UDPLITE ? PORTSIEVE_UDP : flow->transport,
		.port = ntohs(flow->local_port),
		.source = address_of(flow->ipv6, flow->remote),
		.destination = address_of(flow->ipv6, flow->local),
		.boottime_ns = cutting->now_ns,
	};
	struct policy_decision decision = policy_decide(policy, &packet);
	const struct policy_rule *rule = decision.rule;
	bool drops = decision.drop && !(rule ? rule->monitor : policy->default_monitor);

	if (!drops || is_session(cutting->session, &packet, flow))
		return CUT_PASSES;
	return rule && !policy_rule_asks(rule) ? CUT_DROPS : CUT_DROPS_BUT_ASKS;
}

int cut_arrives(struct cutting *cutting, const struct portsieve_flow_key *flow, uint32_t ifindex)
{
	const struct device_group *group = cutting->group;
	const struct connection_ends ends = {
		.peer = address_of(flow->ipv6, flow->remote),
		.local = address_of(flow->ipv6, flow->local),
		.ifindex = ifindex,
	};
	int r = cutting->arrivals.links ? 0 : arrivals_read(&cutting->arrivals);

	for (size_t i = 0; i < group->count && !r; i++)
		if (!group->devices[i].moved)
			r = arrivals_on(&cutting->arrivals, &ends, group->devices[i].ifindex);
	return r;
}

static int take_listener(const struct host_socket *socket, void *context)
{
	struct cutting *cutting = context;

	cutting->listens[socket->port] = true;
	return 0;
}

static int take_connection(const struct host_socket *socket, void *context)
{
	struct cutting *cutting = context;
	const struct portsieve_flow_key flow = flow_of_socket(socket);
	enum cut_verdict verdict = cut_judge(cutting, &flow);
	struct host_socket *chosen;

	if (verdict == CUT_PASSES ||
	    (verdict == CUT_DROPS_BUT_ASKS && !cutting->listens[socket->port]))
		return 0;
	chosen = array_room(cutting->chosen, cutting->chosen_count, sizeof(*chosen));
	if (!chosen)
		return -ENOMEM;
	cutting->chosen = chosen;
	chosen[cutting->chosen_count++] = *socket;
	return 0;
}

/* Returns 0 or -errno; some may have been cut even then. */
static int cut_chosen(struct cutting *cutting, struct device_group *group)
{
	int r = 0;

	cutting->cut = calloc(cutting->chosen_count + 1, sizeof(*cutting->cut));
	if (!cutting->cut)
		return -ENOMEM;
	for (size_t i = 0; i < cutting->chosen_count && !r; i++) {
		const struct host_socket *socket = &cutting->chosen[i];
		const struct portsieve_flow_key flow = flow_of_socket(socket);

		r = cut_arrives(cutting, &flow, socket->ifindex);
		if (r <= 0)
			continue;
		r = socket_destroy(socket);
		if (!r) {
			group->cut++;
			cutting->cut[cutting->cut_count++] = flow;
		}
		if (r == -ENOENT) /* it has just ended */
			r = 0;
	}
	return r;
}

static int cut_group(const struct datapath *datapath, struct device_group *group,
		     const struct ssh_session *session)
{
	__attribute__((cleanup(cutting_free))) struct cutting *cutting =
		calloc(1, sizeof(*cutting));
	int r;

	if (!cutting)
		return -ENOMEM;
	cutting->policy = &group->ruleset->file.policy;
	cutting->group = group;
	cutting->session = session;
	cutting->now_ns = boottime_ns();
	if (cutting->policy->monitor)
		return 0;
	r = sockets_walk(IPPROTO_TCP, 1 << TCP_LISTEN, take_listener, cutting);
	if (!r)
		r = sockets_walk(IPPROTO_TCP, CONNECTED, take_connection, cutting);
	if (!r)
		r = cut_chosen(cutting, group);
	if (r)
		return r;
	return group->ruleset->image->flags & PORTSIEVE_IMAGE_RETURN_FLOW
		       ? cut_flows(datapath, cutting, &group->cut_flows)
		       : datapath_forget_replies(datapath, &group->devices[0], NULL);
}

static int take_nothing(const struct host_socket *socket, void *context)
{
	(void)socket;
	(void)context;
	return 0;
}

int cut_available(struct error *error)
{
	static const struct host_socket none = { .protocol = IPPROTO_TCP, .family = AF_INET };
	int r = sockets_walk(IPPROTO_TCP, 0, take_nothing, NULL);

	if (r == -ENOENT)
		return error_set(error, -r, EXIT_FAILED,
				 "nothing was changed: this kernel cannot list connections; load "
				 "its module with: modprobe tcp_diag");
	if (!r)
		r = socket_destroy(&none);

	if (r == -EOPNOTSUPP)
		return error_set(error, -r, EXIT_FAILED,
				 "nothing was changed: this kernel cannot cut connections, as it "
				 "was built without CONFIG_INET_DIAG_DESTROY; leave out --cut");
	if (r && r != -ENOENT)
		return error_set(error, -r, r == -EPERM ? EXIT_NOT_PERMITTED : EXIT_FAILED,
				 "nothing was changed: cannot cut connections: %s", strerror(-r));
	return 0;
}

enum exit_code cut_connections(const struct datapath *datapath, struct device_groups *groups,
			       enum exit_code code)
{
	struct ssh_session session;
	bool in_session = ssh_session_find(&session);

	for (size_t i = 0; i < groups->count; i++) {
		struct device_group *group = &groups->list[i];
		const struct device_names names = device_group_names(group);
		struct error error = { 0 };
		char flows[40] = "";
		int r;

		if (group->left_out || !group->ruleset)
			continue;
		group->cuts = true;
		r = cut_group(datapath, group, in_session ? &session : NULL);
		if (group->ruleset->image->flags & PORTSIEVE_IMAGE_RETURN_FLOW)
			snprintf(flows, sizeof(flows), " and %zu flow%s", group->cut_flows,
				 group->cut_flows == 1 ? "" : "s");
		log_note_format("%s: cut %zu connection%s%s", names.text, group->cut,
				group->cut == 1 ? "" : "s", flows);
		if (!r)
			continue;
		error_set(&error, -r, EXIT_FAILED,
			  "%s: the policy is in force, but connections that it drops may continue: "
			  "%s",
			  names.text, strerror(-r));
		log_error(&error);
		code = code ?: EXIT_PARTLY;
	}
	return code;
}

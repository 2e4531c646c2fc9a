/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts flows: those of forwarded connections, and those without a connection. Which side opened a
 * flow is known only if netfilter tracks it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "control/cutting.h"
#include "host/conntrack.h"

struct tracked_list {
	struct cutting *cutting;
	struct tracked_connection *list;
	size_t count;
};

static void tracked_list_free(struct tracked_list *tracked)
{
	free(tracked->list);
}

static int compare(const void *one, const void *other)
{
	return memcmp(one, other, sizeof(struct portsieve_flow_key));
}

static bool is_cut_already(const struct cutting *cutting, const struct portsieve_flow_key *flow)
{
	return cutting->cut_count &&
	       bsearch(flow, cutting->cut, cutting->cut_count, sizeof(*flow), compare);
}

/*
 * Takes connections whose original packets the policy drops, or whose answers it drops even as
 * replies.
 */
static int take_tracked(const struct tracked_connection *connection, void *context)
{
	struct tracked_list *tracked = context;
	const struct portsieve_flow_key original = flow_of_tracked(&connection->original),
					reply = flow_of_tracked(&connection->reply);
	struct tracked_connection *list;
	int r = 0;

	if (cut_judge(tracked->cutting, &original) != CUT_PASSES)
		r = cut_arrives(tracked->cutting, &original, 0);
	if (!r && cut_judge(tracked->cutting, &reply) == CUT_DROPS)
		r = cut_arrives(tracked->cutting, &reply, 0);
	if (r <= 0)
		return r;
	list = array_room(tracked->list, tracked->count, sizeof(*list));
	if (!list)
		return -ENOMEM;
	tracked->list = list;
	list[tracked->count++] = *connection;
	return 0;
}

/* Removes the flows of tracked connections. `tracked` keeps the connections. */
static int forbid_tracked(const struct datapath *datapath, struct tracked_list *tracked,
			  size_t *cut_flows)
{
	int r = conntrack_walk(take_tracked, tracked);

	for (size_t i = 0; i < tracked->count && !r; i++) {
		const struct tracked_connection *connection = &tracked->list[i];
		const struct portsieve_flow_key flows[] = {
			flow_of_tracked(&connection->original),
			flow_of_tracked(&connection->reply),
		};
		bool counts = connection->is_answered && !connection->is_over &&
			      !is_cut_already(tracked->cutting, &flows[0]) &&
			      !is_cut_already(tracked->cutting, &flows[1]);

		r = open_flows_forbid(datapath, flows, ARRAY_SIZE(flows));
		*cut_flows += !r && counts;
	}
	return r;
}

/* Call it when none of their packets passes any more: else netfilter would track them again. */
static int delete_tracked(const struct tracked_list *tracked)
{
	int r = 0;

	for (size_t i = 0; i < tracked->count && !r; i++) {
		r = conntrack_delete(&tracked->list[i]);
		if (r == -ENOENT) /* it has just ended */
			r = 0;
	}
	return r;
}

struct choice {
	struct cutting *cutting;
	size_t count;
	int error; /* -errno; 0: none */
};

/* For flows that are not tracked: does the policy drop their answers even as replies? */
static bool is_chosen(const struct portsieve_flow_key *flow, void *context)
{
	struct choice *choice = context;
	int r = 0;

	if (cut_judge(choice->cutting, flow) == CUT_DROPS)
		r = cut_arrives(choice->cutting, flow, 0);
	if (r < 0)
		choice->error = r;
	choice->count += r > 0;
	return r > 0;
}

int cut_flows(const struct datapath *datapath, struct cutting *cutting, size_t *cut_flows)
{
	__attribute__((
		cleanup(tracked_list_free))) struct tracked_list tracked = { .cutting = cutting };
	struct choice choice = { .cutting = cutting };
	int r;

	if (cutting->cut_count)
		qsort(cutting->cut, cutting->cut_count, sizeof(*cutting->cut), compare);
	r = open_flows_forbid(datapath, cutting->cut, cutting->cut_count);
	if (!r)
		r = forbid_tracked(datapath, &tracked, cut_flows);
	if (!r)
		r = open_flows_remove(datapath, is_chosen, &choice);
	*cut_flows += choice.count;
	r = r ?: choice.error;
	if (!r)
		r = datapath_forget_replies(datapath, &cutting->group->devices[0], NULL);
	return r ? r : delete_tracked(&tracked);
}

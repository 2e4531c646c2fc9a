/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Qdiscs and filters, by rtnetlink. */
#include "host/tc.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "host/netlink.h"

struct reading {
	uint32_t ifindex;
	tc_filter_take_fn *take;
	void *context;
	bool ingress;
	bool clsact;
};

static const char *kind_of(const struct nlmsghdr *message)
{
	const struct nlattr *kind =
		netlink_find(message, sizeof(struct tcmsg), TCA_KIND, MNL_TYPE_NUL_STRING);

	return kind ? mnl_attr_get_str(kind) : "";
}

/* Kernels dump the qdiscs of every device. */
static int take_qdisc(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *head = mnl_nlmsg_get_payload(message);
	struct reading *reading = context;

	if (head->tcm_ifindex != (int)reading->ifindex)
		return MNL_CB_OK;
	reading->ingress |= !strcmp(kind_of(message), "ingress");
	reading->clsact |= !strcmp(kind_of(message), "clsact");
	return MNL_CB_OK;
}

/* The first message about a filter has no handle: it is about the chain. */
static int take_filter(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *head = mnl_nlmsg_get_payload(message);
	const struct nlattr *options =
		netlink_find(message, sizeof(struct tcmsg), TCA_OPTIONS, MNL_TYPE_NESTED);
	const struct nlattr *option;
	const struct reading *reading = context;
	const char *name = kind_of(message);
	struct tc_filter filter = { .priority = (uint16_t)(head->tcm_info >> 16) };

	if (!head->tcm_handle)
		return MNL_CB_OK;
	if (options && !strcmp(name, "bpf"))
		mnl_attr_for_each_nested (option, options) {
			uint16_t type = mnl_attr_get_type(option);

			if (type == TCA_BPF_NAME && !mnl_attr_validate(option, MNL_TYPE_NUL_STRING))
				name = mnl_attr_get_str(option);
			if (type == TCA_BPF_ID && !mnl_attr_validate(option, MNL_TYPE_U32))
				filter.program_id = mnl_attr_get_u32(option);
		}
	snprintf(filter.name, sizeof(filter.name), "%s", name);
	reading->take(&filter, reading->context);
	return MNL_CB_OK;
}

static int dump(struct reading *reading, uint16_t type, uint32_t parent, mnl_cb_t take)
{
	struct netlink_request request;
	struct tcmsg *head;
	int r;

	head = netlink_begin(&request, type, NLM_F_DUMP, sizeof(*head));
	head->tcm_family = AF_UNSPEC;
	head->tcm_ifindex = (int)reading->ifindex;
	head->tcm_parent = parent;
	r = netlink_ask(NETLINK_ROUTE, &request, take, reading);
	/* the filters changed during the dump, or the kernel has no traffic control */
	return r == -EINTR || r == -EOPNOTSUPP ? 0 : r;
}

int tc_read(uint32_t ifindex, tc_filter_take_fn *take, void *context, bool *ret_ingress)
{
	struct reading reading = { .ifindex = ifindex, .take = take, .context = context };
	int r = dump(&reading, RTM_GETQDISC, 0, take_qdisc);

	if (!r && reading.clsact && take)
		r = dump(&reading, RTM_GETTFILTER, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
			 take_filter);
	if (r)
		return r;
	*ret_ingress = reading.ingress;
	return 0;
}

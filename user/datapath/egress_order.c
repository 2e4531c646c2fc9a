/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads from the kernel in which order the programs at TC egress run. */
#include "datapath/egress_order.h"

#include <bpf/bpf.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "datapath/egress.h"
#include "host/tc.h"

enum { TCX_MAX = 64 }; /* the kernel's limit for one device */

struct walk {
	uint32_t own_id;
	bool own_seen;
	struct egress_order *order;
};

static void add(struct walk *walk, uint32_t program_id, const struct egress_other *other)
{
	struct egress_order *order = walk->order;
	size_t *count = walk->own_seen ? &order->after_count : &order->before_count;

	if (program_id && program_id == walk->own_id) {
		walk->own_seen = true;
		return;
	}
	if (!(*count)++)
		*(walk->own_seen ? &order->after : &order->before) = *other;
}

/* Sets the name of a program; `otherwise` for another kind of filter, or without permission. */
static void name_other(struct egress_other *other, uint32_t program_id, const char *otherwise)
{
	_cleanup_close_ int fd = program_id ? bpf_prog_get_fd_by_id(program_id) : -1;
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &length) && info.name[0])
		otherwise = info.name;
	snprintf(other->name, sizeof(other->name), "%s", otherwise);
}

static void take_filter(const struct tc_filter *filter, void *context)
{
	struct egress_other other = { .priority = filter->priority };

	name_other(&other, filter->program_id, filter->name);
	add(context, filter->program_id, &other);
}

static void add_tcx(struct walk *walk, uint32_t program_id)
{
	struct egress_other other = { .is_tcx = true };
	char number[16];

	snprintf(number, sizeof(number), "id %u", program_id);
	name_other(&other, program_id, number);
	add(walk, program_id, &other);
}

void egress_order_read(uint32_t ifindex, uint32_t own_id, struct egress_order *ret_order)
{
	__u32 ids[TCX_MAX] = { 0 }, count = ARRAY_SIZE(ids), flags = 0;
	struct egress_order order = { .before_count = 0 };
	struct walk walk = { .own_id = own_id, .order = &order };

	if (bpf_prog_query((int)ifindex, EGRESS_TCX, 0, &flags, ids, &count))
		count = 0; /* no TCX here, or no permission */
	for (__u32 i = 0; i < count; i++)
		add_tcx(&walk, ids[i]);
	tc_read(ifindex, take_filter, &walk, &order.ingress_qdisc);
	*ret_order = order;
}

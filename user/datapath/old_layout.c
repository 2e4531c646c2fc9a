/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading maps of ABI 3 and 4. */
#include "datapath/old_layout.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/pins.h"

/* What an old image has before `port`. From there through `host` the layouts are equal. */
struct old_head {
	__u32 abi;
	__u32 flags;
	__u64 drop_knobs;
};

enum {
	SAME_FROM = offsetof(struct portsieve_image, port),
	SAME_END = offsetof(struct portsieve_image, host) + sizeof(struct portsieve_host),
};

static_assert(sizeof(struct old_head) + (SAME_END - SAME_FROM) <= PORTSIEVE_IMAGE_BYTES,
	      "an old image holds what is read of it");

int old_image_read(int image_fd, struct portsieve_image **ret_image, struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	_cleanup_free_ uint8_t *bytes = NULL;
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info), slot = 0;
	struct old_head head;

	if (bpf_obj_get_info_by_fd(image_fd, &info, &length))
		return bpf_error(error, errno, "read the policy's map");
	if (info.value_size != PORTSIEVE_IMAGE_BYTES)
		return -EPROTO;
	image = calloc(1, sizeof(*image));
	bytes = malloc(PORTSIEVE_IMAGE_BYTES);
	if (!image || !bytes)
		return error_no_memory(error);
	if (bpf_map_lookup_elem(image_fd, &slot, bytes))
		return bpf_error(error, errno, "read the policy's map");
	memcpy(&head, bytes, sizeof(head));
	if (head.abi < OLD_ABI_FIRST || head.abi > OLD_ABI_LAST)
		return -EPROTO;
	image->abi = head.abi;
	image->flags = head.flags;
	image->drop_knobs = head.drop_knobs;
	memcpy((uint8_t *)image + SAME_FROM, bytes + sizeof(head), SAME_END - SAME_FROM);
	*ret_image = TAKE_PTR(image);
	return 0;
}

int old_counters_read(int counters_fd, bool monitor, struct portsieve_counter *rows, uint32_t count,
		      struct error *error)
{
	int dropped = monitor ? PORTSIEVE_WOULD_DROP : PORTSIEVE_DROPPED;
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct old_counter *values = NULL;

	if (cpus < 0)
		return bpf_error(error, -cpus, "count the CPUs");
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return error_no_memory(error);
	memset(rows, 0, count * sizeof(*rows));
	for (uint32_t id = 0; id < count; id++) {
		if (bpf_map_lookup_elem(counters_fd, &id, values))
			return bpf_error(error, errno, "read the counters");
		for (int cpu = 0; cpu < cpus; cpu++) {
			struct portsieve_counter *row = &rows[id];

			row->verdict[PORTSIEVE_PASSED].packets += values[cpu].verdict[0].packets;
			row->verdict[PORTSIEVE_PASSED].bytes += values[cpu].verdict[0].bytes;
			row->verdict[dropped].packets += values[cpu].verdict[1].packets;
			row->verdict[dropped].bytes += values[cpu].verdict[1].bytes;
			row->new_connections += values[cpu].new_connections;
		}
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loaded devices, and the policy in force on each. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/counter_ids.h"
#include "datapath/link.h"
#include "datapath/attachment.h"
#include "datapath/counters.h"
#include "datapath/dispatcher.h"
#include "datapath/flow_mode.h"
#include "datapath/pins.h"
#include "datapath/reply_cache.h"
#include "datapath/tries.h"
#include "datapath/view.h"

/*
 * If the link still runs its program but the interface with its ifindex does not, our interface has
 * moved to another network namespace with its filter. -EAGAIN: the program was just replaced.
 */
static int read_device(const struct datapath *datapath, uint32_t ifindex,
		       struct datapath_device *ret_device, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	const struct hook *hook = &attachment.hook;
	struct occupant occupant = { 0 };
	uint32_t counters_rows = 0, baseline_rows = 0;
	struct datapath_device device;
	int r = attachment_open(datapath, ifindex, &attachment, error);

	if (r)
		return r;
	r = occupant_read(ifindex, &occupant, error);
	if (!r)
		r = rows_count(attachment.counters_fd, &counters_rows, error);
	if (!r && attachment.baseline_fd >= 0)
		r = rows_count(attachment.baseline_fd, &baseline_rows, error);
	if (r)
		return r;
	device = (struct datapath_device){
		.ifindex = ifindex,
		.mode = occupant.mode,
		.moved = !datapath->is_view && hook->attach == DATAPATH_LINK &&
			 occupant.program_id != hook->program_id,
		.program_id = hook->program_id,
		.link_id = hook->link_id,
		.active_id = attachment.active_id,
		.image_id = attachment_policy(&attachment)->id,
		.attach = hook->attach,
		.attach_asked = attachment.attach_asked,
		.per_port = attachment.per_port,
		.counters_rows = counters_rows,
		.baseline_rows = baseline_rows,
		.events = attachment.events,
		.confirm_until_ns = attachment.confirm_until_ns,
		.fallen_back = attachment.in_force == PORTSIEVE_SLOT_BEFORE,
	};
	if (datapath->is_view)
		device.egress_id = view_egress_id(datapath, ifindex);
	else if (flow_mode_has_tables(&attachment))
		device.egress_id = egress_program_id(datapath, ifindex, device.moved);
	if (device.moved && !hook_is_current(ifindex, hook))
		return -EAGAIN;
	if (!device.moved)
		if_indextoname(ifindex, device.name);
	*ret_device = device;
	return 0;
}

static struct datapath_device broken_device(uint32_t ifindex)
{
	struct datapath_device device = { .ifindex = ifindex, .broken = true };
	struct occupant occupant;

	device.unfiltered = if_indextoname(ifindex, device.name) &&
			    !occupant_read(ifindex, &occupant, NULL) && !occupant.program_id;
	return device;
}

int datapath_device(const struct datapath *datapath, uint32_t ifindex,
		    struct datapath_device *ret_device, struct error *error)
{
	struct error why = { 0 };
	int r = -EAGAIN;

	for (int tries = 0; r == -EAGAIN && tries < 100; tries++)
		r = read_device(datapath, ifindex, ret_device, &why);
	if (r == -EUCLEAN) { /* a broken device must not hide the others */
		*ret_device = broken_device(ifindex);
		return 0;
	}
	if (r == -ENOLINK)
		return -ENOENT;
	if (r && r != -ENOENT && error)
		*error = why;
	return r;
}

int datapath_refuse_broken(const struct datapath_device *device, struct error *error)
{
	if (!device->broken)
		return 0;
	return error_set(error, EUCLEAN, EXIT_FAILED,
			 "its pinned state is incomplete%s; unload it and load it again",
			 device->unfiltered ? ", and it is NOT FILTERED" : "");
}

int datapath_devices(const struct datapath *datapath, struct datapath_device **ret_devices,
		     size_t *ret_count, struct error *error)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t found, count = 0;
	int r = pins_list(datapath, &ifindexes, &found, error);

	if (r)
		return r;
	devices = calloc(found + 1, sizeof(*devices));
	if (!devices)
		return error_no_memory(error);
	for (size_t i = 0; i < found; i++) {
		r = datapath_device(datapath, ifindexes[i], &devices[count], error);
		if (r == -ENOENT)
			continue;
		if (r)
			return r;
		count++;
	}
	*ret_devices = TAKE_PTR(devices);
	*ret_count = count;
	return 0;
}

/* The map's value is these texts, each NUL-terminated. Each pointer may be NULL. */
static int read_texts(int text_fd, char **ret_text, char **ret_failsafe, char **ret_sets)
{
	char **const wanted[] = { ret_text, ret_failsafe, ret_sets };
	char *copies[ARRAY_SIZE(wanted)] = { NULL };
	_cleanup_free_ char *texts = NULL;
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info), slot = 0;
	const char *at;
	int r = 0;

	if (bpf_obj_get_info_by_fd(text_fd, &info, &length))
		return -errno;
	/* the kernel rounds elements up to 8 bytes; the last texts may be missing */
	texts = calloc(1, info.value_size + 8 + ARRAY_SIZE(wanted));
	if (!texts)
		return -ENOMEM;
	if (bpf_map_lookup_elem(text_fd, &slot, texts))
		return -errno;
	at = texts;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		copies[i] = wanted[i] ? strdup(at) : NULL;
		r = wanted[i] && !copies[i] ? -ENOMEM : r;
		at += strlen(at) + 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (r)
			free(copies[i]);
		else if (wanted[i])
			*wanted[i] = copies[i];
	return r;
}

int datapath_policy_read(const struct datapath *datapath, const struct datapath_device *device,
			 struct portsieve_image **ret_image, char **ret_text, char **ret_failsafe,
			 char **ret_sets, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (r)
		return r;
	r = attachment_image(&attachment, &image, error);
	if (r)
		return r;
	if (ret_text || ret_failsafe || ret_sets) {
		r = read_texts(attachment_policy(&attachment)->text_fd, ret_text, ret_failsafe,
			       ret_sets);
		if (r)
			r = bpf_error(error, -r, "read the text of the policy in force");
		if (r)
			return r;
	}
	if (ret_image)
		*ret_image = TAKE_PTR(image);
	return 0;
}

int datapath_addresses_read(const struct datapath *datapath, const struct datapath_device *device,
			    struct addresses *ret_addresses, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	return r ? r : tries_read(attachment_policy(&attachment)->trie_fd, ret_addresses, error);
}

/*
 * A per-CPU array has a pointer per id and a row per id and possible CPU. A trie has a node per
 * prefix and at most one more where two branch; see docs/performance.md. An LRU hash preallocates
 * all elements and has a bucket per element.
 */
static uint64_t memory_bytes(uint32_t rows, uint32_t images, uint32_t prefixes, uint32_t flows,
			     bool caches_replies)
{
	enum {
		TRIE_BYTES = 128, /* two nodes, as the kernel's allocator rounds them */
		FLOW_BYTES =
			48 + sizeof(struct portsieve_flow_key) + sizeof(struct portsieve_flow) + 16,
	};
	uint64_t entries = flows ? flows + PORTSIEVE_FLOWS_NEW + PORTSIEVE_FLOW_MARKS : 0;
	int possible = libbpf_num_possible_cpus();
	uint64_t cpus = possible > 0 ? possible : 1;
	uint64_t row_bytes = sizeof(void *) + sizeof(struct portsieve_counter) * cpus;
	uint64_t set_bytes = sizeof(void *) + sizeof(struct portsieve_replies) * cpus;

	return rows * row_bytes + images * sizeof(struct portsieve_image) +
	       (uint64_t)prefixes * TRIE_BYTES + entries * FLOW_BYTES +
	       (caches_replies ? PORTSIEVE_REPLY_SETS * set_bytes : 0);
}

/* Ignores the per-CPU array's pointer per block, which is little. */
static uint64_t ports_memory_bytes(enum datapath_per_port per_port)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t block_bytes = sizeof(struct portsieve_port_sums) +
			       sizeof(struct portsieve_port_cells) * (cpus > 0 ? cpus : 1);

	if (per_port == DATAPATH_PER_PORT_ALL)
		return PORTSIEVE_PORT_PLANES_ALL * PORTSIEVE_PORT_BLOCKS * block_bytes;
	if (per_port == DATAPATH_PER_PORT_DROPPED)
		return PORTSIEVE_PORT_PLANES_DROPPED * PORTSIEVE_PORT_BLOCKS * block_bytes;
	return 0;
}

static uint64_t events_memory_bytes(enum datapath_events events)
{
	int cpus = libbpf_num_possible_cpus();

	return events > DATAPATH_EVENTS_OFF
		       ? PORTSIEVE_EVENT_SLOTS * sizeof(struct portsieve_event) *
				 (uint64_t)(cpus > 0 ? cpus : 1)
		       : 0;
}

uint64_t datapath_memory_bytes(const struct datapath_device *device,
			       const struct portsieve_image *image)
{
	return memory_bytes(device->counters_rows, 1, image->prefixes, image->flows,
			    reply_cache_is_wanted(image)) +
	       device->baseline_rows * sizeof(struct portsieve_counter) +
	       ports_memory_bytes(device->per_port) + events_memory_bytes(device->events);
}

const char *datapath_events_name(enum datapath_events events)
{
	static const char *const names[] = {
		[DATAPATH_EVENTS_KEEP] = "off",
		[DATAPATH_EVENTS_OFF] = "off",
		[DATAPATH_EVENTS_DROPPED] = "dropped",
		[DATAPATH_EVENTS_ALL] = "all",
	};

	return names[events];
}

const char *datapath_per_port_name(enum datapath_per_port per_port)
{
	static const char *const names[] = {
		[DATAPATH_PER_PORT_KEEP] = "off",
		[DATAPATH_PER_PORT_OFF] = "off",
		[DATAPATH_PER_PORT_DROPPED] = "dropped",
		[DATAPATH_PER_PORT_ALL] = "all",
	};

	return names[per_port];
}

uint64_t datapath_memory_minimum(void)
{
	return memory_bytes(PORTSIEVE_COUNTER_POOL + COUNTER_ROWS_SPARE, PORTSIEVE_SLOTS, 0, 0,
			    false);
}

void datapath_attach_reason(enum datapath_attach attach, bool asked, char *text, size_t size)
{
	struct error error = { 0 };

	if (asked)
		snprintf(text, size, "requested with --attach %s", datapath_attach_name(attach));
	else if (attach == DATAPATH_DISPATCHER)
		snprintf(text, size,
			 "this kernel supports it, so that other XDP programs can be attached too");
	else if (dispatcher_available(&error))
		snprintf(text, size, "%s",
			 error.exit == EXIT_NOT_PERMITTED
				 ? "only root can find out whether this kernel supports "
				   "libxdp's dispatcher"
				 : error.text);
	else
		snprintf(text, size,
			 "libxdp's dispatcher was not available at load time; it is now");
}

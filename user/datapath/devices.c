/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loaded devices, and the policy in force on each. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/link.h"
#include "datapath/attachment.h"
#include "datapath/dispatcher.h"
#include "datapath/pins.h"
#include "datapath/tries.h"

/*
 * If the link still runs its program but the interface with its ifindex does not, our interface has
 * moved to another network namespace with its filter. -EAGAIN: the program was replaced meanwhile.
 */
static int read_device(const struct datapath *datapath, uint32_t ifindex,
		       struct datapath_device *ret_device, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	const struct hook *hook = &attachment.hook;
	struct occupant occupant = { 0 };
	struct datapath_device device;
	int r = attachment_open(datapath, ifindex, &attachment, error);

	if (r)
		return r;
	r = occupant_read(ifindex, &occupant, error);
	if (r)
		return r;
	device = (struct datapath_device){
		.ifindex = ifindex,
		.mode = occupant.mode,
		.moved = hook->attach == DATAPATH_LINK && occupant.program_id != hook->program_id,
		.program_id = hook->program_id,
		.link_id = hook->link_id,
		.active_id = attachment.active_id,
		.image_id = attachment_policy(&attachment)->id,
		.attach = hook->attach,
		.attach_asked = attachment.attach_asked,
		.confirm_until_ns = attachment.confirm_until_ns,
		.fallen_back = attachment.in_force == PORTSIEVE_SLOT_BEFORE,
	};
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

/* The value of the map is the text, NUL-terminated. */
static int read_text(int text_fd, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info), slot = 0;

	if (bpf_obj_get_info_by_fd(text_fd, &info, &length))
		return -errno;
	text = calloc(1, info.value_size + 8); /* the kernel rounds elements up to 8 bytes */
	if (!text)
		return -ENOMEM;
	if (bpf_map_lookup_elem(text_fd, &slot, text))
		return -errno;
	*ret_text = TAKE_PTR(text);
	return 0;
}

int datapath_policy_read(const struct datapath *datapath, const struct datapath_device *device,
			 struct portsieve_image **ret_image, char **ret_text, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (r)
		return r;
	r = attachment_image(&attachment, &image, error);
	if (r)
		return r;
	if (ret_text) {
		r = read_text(attachment_policy(&attachment)->text_fd, ret_text);
		if (r)
			return bpf_error(error, -r, "read the text of the policy in force");
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
 * A per-CPU array has a pointer for each id and a row for each id and possible CPU. A trie has a
 * node for each prefix and at most one more where two branch; see docs/performance.md.
 */
uint64_t datapath_memory_bytes(const struct portsieve_image *image)
{
	enum { TRIE_BYTES = 128 }; /* of two nodes, as the kernel's allocator rounds them */
	int cpus = libbpf_num_possible_cpus();
	uint64_t row_bytes =
		sizeof(void *) + sizeof(struct portsieve_counter) * (cpus > 0 ? cpus : 1);

	return PORTSIEVE_COUNTERS * row_bytes + sizeof(struct portsieve_image) +
	       (uint64_t)image->prefixes * TRIE_BYTES;
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
		snprintf(text, size, "%s", error.text);
	else
		snprintf(text, size,
			 "libxdp's dispatcher was not available at load time; it is now");
}

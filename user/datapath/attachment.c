/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Following the pins of a device, step by step; see datapath.h for their contents. */
#include "datapath/attachment.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "datapath/pins.h"
#include "datapath/tries.h"
#include "datapath/view.h"

void attachment_close(struct attachment *attachment)
{
	hook_close(&attachment->hook);
	cleanup_close(&attachment->counters_fd);
	cleanup_close(&attachment->former_fd);
	cleanup_close(&attachment->baseline_fd);
	cleanup_close(&attachment->active_fd);
	cleanup_close(&attachment->replies_fd);
	cleanup_close(&attachment->tables_fd);
	cleanup_close(&attachment->port_cells_fd);
	cleanup_close(&attachment->port_sums_fd);
	for (int map = 0; map < EVENT_MAPS; map++)
		cleanup_close(&attachment->event_fds[map]);
	for (int family = 0; family < TRIE_FAMILIES; family++)
		cleanup_close(&attachment->prefixes_fd[family]);
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++)
		policy_maps_close(&attachment->slots[slot]);
}

int slot_image_id(int active_fd, enum portsieve_slot slot, uint32_t *ret_image_id)
{
	__u32 key = slot, id = 0;

	if (bpf_map_lookup_elem(active_fd, &key, &id) && errno != ENOENT)
		return -errno;
	*ret_image_id = id;
	return 0;
}

bool attachment_is_settled(const struct attachment *attachment)
{
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++) {
		uint32_t id = 0;

		if (slot_image_id(attachment->active_fd, slot, &id) ||
		    id != attachment->slots[slot].id)
			return false;
	}
	return true;
}

/*
 * Text and tries are pinned under the id of their image, so only type and key size can be checked.
 */
static bool is_of_form(int map_fd, enum bpf_map_type type, uint32_t key_size)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	return !bpf_obj_get_info_by_fd(map_fd, &info, &length) && info.type == type &&
	       info.key_size == key_size;
}

/*
 * Opens the counters, the former counters and the baseline. The former ones before the baseline, so
 * that a reader cannot miss counts that are being moved from one to the other.
 */
static int follow_counters(const struct datapath *datapath, struct attachment *attachment,
			   const struct program_maps *maps)
{
	attachment->counters_fd = program_maps_open(datapath, attachment->ifindex, maps, "counters",
						    &attachment->counters_id);
	if (attachment->counters_fd >= 0) {
		attachment->former_fd =
			pin_open(datapath, attachment->ifindex, "former", attachment->counters_id);
		if (attachment->former_fd < 0 && attachment->former_fd != -ENOENT)
			return attachment->former_fd;
		attachment->baseline_fd = pin_open(datapath, attachment->ifindex, "baseline",
						   attachment->counters_id);
		return attachment->baseline_fd == -ENOENT && attachment->former_fd >= 0 ? 0
		       : attachment->baseline_fd < 0 ? attachment->baseline_fd
						     : 0;
	}
	if (attachment->counters_fd != -ENOENT)
		return attachment->counters_fd;
	attachment->counters_fd = pin_open(datapath, attachment->ifindex, "counters", 0);
	if (attachment->counters_fd < 0)
		return attachment->counters_fd;
	return program_maps_has(maps, attachment->counters_fd) ? 0 : -ENOENT;
}

/* The maps of a program that counts by port. */
static int follow_ports(const struct datapath *datapath, struct attachment *attachment,
			const struct program_maps *maps)
{
	attachment->port_cells_fd = program_maps_open(datapath, attachment->ifindex, maps,
						      "port_cells", &attachment->port_cells_id);
	if (attachment->port_cells_fd < 0)
		return attachment->port_cells_fd == -ENOENT ? 0 : attachment->port_cells_fd;
	attachment->port_sums_fd = program_maps_open(datapath, attachment->ifindex, maps,
						     "port_sums", &attachment->port_sums_id);
	return attachment->port_sums_fd < 0 ? attachment->port_sums_fd : 0;
}

/* The size of the map tells which packets are counted by port. */
static int follow_per_port(struct attachment *attachment)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	attachment->per_port = DATAPATH_PER_PORT_OFF;
	if (attachment->port_cells_fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(attachment->port_cells_fd, &info, &length))
		return -errno;
	attachment->per_port = info.max_entries == PORTSIEVE_PORT_PLANES_ALL * PORTSIEVE_PORT_BLOCKS
				       ? DATAPATH_PER_PORT_ALL
				       : DATAPATH_PER_PORT_DROPPED;
	return 0;
}

/* The maps of a program that records packets. */
static int follow_events(const struct datapath *datapath, struct attachment *attachment,
			 const struct program_maps *maps)
{
	for (int map = 0; map < EVENT_MAPS; map++) {
		int *fd = &attachment->event_fds[map];

		*fd = program_maps_open(datapath, attachment->ifindex, maps, event_kinds[map],
					&attachment->event_ids[map]);
		if (*fd == -ENOENT && !map)
			return 0;
		if (*fd < 0)
			return *fd;
	}
	return 0;
}

/* The control map tells which packets are recorded. */
static int follow_recording(struct attachment *attachment)
{
	struct portsieve_event_control control;
	uint32_t zero = 0;

	attachment->events = DATAPATH_EVENTS_OFF;
	for (int map = 0; map < EVENT_MAPS; map++) {
		int r;

		if (attachment->event_fds[map] < 0)
			return map ? -ENOENT : 0;
		r = map_id(attachment->event_fds[map], &attachment->event_ids[map]);
		if (r)
			return r;
	}
	if (bpf_map_lookup_elem(attachment->event_fds[EVENT_CONTROL], &zero, &control))
		return -errno;
	attachment->events = control.all ? DATAPATH_EVENTS_ALL : DATAPATH_EVENTS_DROPPED;
	return 0;
}

/* Opens the program and its maps. A program of another ABI may have no tries. */
static int follow_program(const struct datapath *datapath, struct attachment *attachment)
{
	struct hook *hook = &attachment->hook;
	struct program_maps maps;
	int r;

	if (hook->program_fd < 0)
		hook->program_fd =
			pin_open(datapath, attachment->ifindex, "program", hook->program_id);
	if (hook->program_fd < 0)
		return hook->program_fd;
	r = program_maps_read(hook->program_fd, &maps);
	if (r)
		return r;
	if (maps.program_id != hook->program_id)
		return -ENOENT; /* the pin holds another program */
	program_maps_list(datapath, attachment->ifindex, &maps);
	attachment->active_fd = program_maps_open(datapath, attachment->ifindex, &maps, "active",
						  &attachment->active_id);
	if (attachment->active_fd < 0)
		return attachment->active_fd;
	for (int family = 0; family < TRIE_FAMILIES; family++) {
		int fd =
			program_maps_open(datapath, attachment->ifindex, &maps,
					  prefixes_kinds[family], &attachment->prefixes_id[family]);

		if (fd < 0 && fd != -ENOENT)
			return fd;
		attachment->prefixes_fd[family] = fd;
	}
	attachment->replies_fd = program_maps_open(datapath, attachment->ifindex, &maps, "replies",
						   &attachment->replies_id);
	if (attachment->replies_fd < 0 && attachment->replies_fd != -ENOENT)
		return attachment->replies_fd;
	attachment->tables_fd = pin_open(datapath, attachment->ifindex, "flow_tables", 0);
	if (attachment->tables_fd < 0 && attachment->tables_fd != -ENOENT)
		return attachment->tables_fd;
	if (attachment->tables_fd >= 0 && !program_maps_has(&maps, attachment->tables_fd)) {
		cleanup_close(&attachment->tables_fd); /* of another program */
		attachment->tables_fd = -1;
	}
	r = follow_ports(datapath, attachment, &maps);
	if (!r)
		r = follow_events(datapath, attachment, &maps);
	return r ? r : follow_counters(datapath, attachment, &maps);
}

/* Opens the policy in a slot, if there is one. */
static int follow_slot(const struct datapath *datapath, struct attachment *attachment,
		       enum portsieve_slot slot)
{
	struct policy_maps *maps = &attachment->slots[slot];
	int r = slot_image_id(attachment->active_fd, slot, &maps->id);

	if (r || !maps->id)
		return r;
	maps->image_fd = pin_open(datapath, attachment->ifindex, "image", maps->id);
	if (maps->image_fd < 0)
		return maps->image_fd;
	if (!map_has_id(maps->image_fd, maps->id))
		return -ENOENT;
	maps->text_fd = pin_open(datapath, attachment->ifindex, "text", maps->id);
	if (maps->text_fd < 0)
		return maps->text_fd;
	if (!is_of_form(maps->text_fd, BPF_MAP_TYPE_ARRAY, sizeof(__u32)))
		return -ENOENT;
	for (int family = 0; family < TRIE_FAMILIES; family++) {
		int fd = pin_open(datapath, attachment->ifindex, trie_kinds[family], maps->id);

		if (fd < 0 && fd != -ENOENT)
			return fd;
		maps->trie_fd[family] = fd;
		if (fd >= 0 && !is_of_form(fd, BPF_MAP_TYPE_LPM_TRIE, trie_key_bytes[family]))
			return -ENOENT;
	}
	return 0;
}

/* Decides which slot is in force. The second one is empty unless a change is pending. */
static int follow_time(struct attachment *attachment)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r;

	if (!attachment->slots[PORTSIEVE_SLOT_NOW].id)
		return -ENOENT;
	if (!attachment->slots[PORTSIEVE_SLOT_BEFORE].id)
		return 0;
	r = image_read(attachment->slots[PORTSIEVE_SLOT_NOW].image_fd, &image, NULL);
	if (r == -EPROTO) /* another ABI: reading the policy reports the error */
		return 0;
	if (r)
		return r;
	if (image->flags & PORTSIEVE_IMAGE_UNCONFIRMED) {
		attachment->confirm_until_ns = image->confirm_until_ns;
		if (boottime_ns() >= image->confirm_until_ns)
			attachment->in_force = PORTSIEVE_SLOT_BEFORE;
	}
	return attachment_is_settled(attachment) ? 0 : -ENOENT;
}

/*
 * -ENOENT and -ENOLINK: from hook_follow; -EUCLEAN: a pin holds something else; -EAGAIN: one is
 * missing.
 */
static int follow(const struct datapath *datapath, uint32_t ifindex,
		  struct attachment *ret_attachment)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_close_ int asked_fd = pin_open(datapath, ifindex, "asked", 0);
	int r;

	attachment.ifindex = ifindex;
	if (datapath->is_view)
		r = view_follow(datapath, ifindex, &attachment);
	else
		r = hook_follow(datapath, ifindex, &attachment.hook);
	if (r)
		return r;
	if (asked_fd < 0 && asked_fd != -ENOENT)
		return asked_fd;
	attachment.attach_asked = asked_fd >= 0;
	if (!datapath->is_view)
		r = follow_program(datapath, &attachment);
	if (!r)
		r = follow_per_port(&attachment);
	if (!r)
		r = follow_recording(&attachment);
	for (int slot = 0; !r && slot < PORTSIEVE_SLOTS; slot++)
		r = follow_slot(datapath, &attachment, slot);
	if (!r)
		r = follow_time(&attachment);
	if (r)
		return r == -ENOENT ? -EAGAIN : r;
	*ret_attachment = attachment;
	attachment = ATTACHMENT_NONE;
	return 0;
}

int attachment_open(const struct datapath *datapath, uint32_t ifindex,
		    struct attachment *ret_attachment, struct error *error)
{
	int r = -EAGAIN;

	/* A writer may remove old pins between two steps of a reader: try again. */
	for (int tries = 0; r == -EAGAIN && tries < 100; tries++)
		r = follow(datapath, ifindex, ret_attachment);
	if (!r || r == -ENOENT || r == -ENOLINK)
		return r;
	if (r == -EAGAIN || r == -EUCLEAN)
		return error_set(error, EUCLEAN, EXIT_FAILED,
				 "the pinned state of ifindex %u in %s is incomplete; "
				 "unload it and load it again",
				 ifindex, datapath->directory);
	return bpf_error(error, -r, "read the pins of a loaded interface");
}

int attachment_require(const struct datapath *datapath, uint32_t ifindex,
		       struct attachment *ret_attachment, struct error *error)
{
	int r = attachment_open(datapath, ifindex, ret_attachment, error);

	if (r == -ENOENT || r == -ENOLINK)
		return error_set(error, -r, EXIT_NOT_LOADED, "ifindex %u is no longer loaded",
				 ifindex);
	return r;
}

bool attachment_is_understood(const struct attachment *attachment)
{
	_cleanup_free_ struct portsieve_image *image = NULL;

	return image_read(attachment->slots[PORTSIEVE_SLOT_NOW].image_fd, &image, NULL) != -EPROTO;
}

int attachment_image(const struct attachment *attachment, struct portsieve_image **ret_image,
		     struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL, *other = NULL;
	int r = image_read(attachment_policy(attachment)->image_fd, &image, error);

	if (r)
		return r;
	if (attachment->in_force != PORTSIEVE_SLOT_NOW) {
		/* The rows of the policy that was rolled back stay readable. */
		r = image_read(attachment->slots[PORTSIEVE_SLOT_NOW].image_fd, &other, error);
		if (r)
			return r;
		if (other->counters > image->counters)
			image->counters = other->counters;
	}
	*ret_image = TAKE_PTR(image);
	return 0;
}

int attachment_find_equal(const struct datapath *datapath, const struct portsieve_image *image,
			  struct attachment *ret_attachment, struct error *error)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t count;
	int r = pins_list(datapath, &ifindexes, &count, error);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
		_cleanup_free_ struct portsieve_image *other = NULL;

		if (attachment_open(datapath, ifindexes[i], &attachment, NULL) ||
		    image_read(attachment_policy(&attachment)->image_fd, &other, NULL) ||
		    !image_equal(image, other))
			continue;
		*ret_attachment = attachment;
		attachment = ATTACHMENT_NONE;
		return 0;
	}
	return -ENOENT;
}

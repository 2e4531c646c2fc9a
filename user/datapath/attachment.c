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

void attachment_close(struct attachment *attachment)
{
	hook_close(&attachment->hook);
	cleanup_close(&attachment->counters_fd);
	cleanup_close(&attachment->active_fd);
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

/* Text and tries are pinned under the id of their image, so only their form can be checked. */
static bool is_of_form(int map_fd, enum bpf_map_type type, uint32_t key_size)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	return !bpf_obj_get_info_by_fd(map_fd, &info, &length) && info.type == type &&
	       info.key_size == key_size;
}

/* The program, and its maps; a program of another ABI may have no tries. */
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
		return -ENOENT; /* another program has our pin's name */
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
	attachment->counters_fd = pin_open(datapath, attachment->ifindex, "counters", 0);
	if (attachment->counters_fd < 0)
		return attachment->counters_fd;
	return program_maps_has(&maps, attachment->counters_fd) ? 0 : -ENOENT;
}

/* The policy in a slot, if one is there. */
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
	if (r == -EPROTO) /* of another ABI: reading the policy reports the error */
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

/* -ENOENT and -ENOLINK: of the hook; -EUCLEAN or -EAGAIN: a pin is foreign or missing. */
static int follow(const struct datapath *datapath, uint32_t ifindex,
		  struct attachment *ret_attachment)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_close_ int asked_fd = pin_open(datapath, ifindex, "asked", 0);
	int r;

	attachment.ifindex = ifindex;
	r = hook_follow(datapath, ifindex, &attachment.hook);
	if (r)
		return r;
	if (asked_fd < 0 && asked_fd != -ENOENT)
		return asked_fd;
	attachment.attach_asked = asked_fd >= 0;
	r = follow_program(datapath, &attachment);
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

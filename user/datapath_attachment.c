/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Following the pins of a device, step by step; see datapath.h for what they are. */
#include "datapath_attachment.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "boottime.h"
#include "cleanup.h"
#include "datapath_hook.h"
#include "datapath_policy_maps.h"
#include "datapath_pins.h"
#include "datapath_tries.h"
#include "datapath_handover.h"

enum { PROGRAM_MAPS_MAX = 16 };

static const char *const prefixes_kinds[TRIE_FAMILIES] = {
	[POLICY_IPV4] = "prefixes4",
	[POLICY_IPV6] = "prefixes6",
};

static const char *const trie_kinds[TRIE_FAMILIES] = {
	[POLICY_IPV4] = "trie4",
	[POLICY_IPV6] = "trie6",
};

void policy_maps_close(struct policy_maps *maps)
{
	cleanup_close(&maps->image_fd);
	cleanup_close(&maps->text_fd);
	for (int family = 0; family < TRIE_FAMILIES; family++)
		cleanup_close(&maps->trie_fd[family]);
}

void attachment_close(struct attachment *attachment)
{
	cleanup_close(&attachment->link_fd);
	cleanup_close(&attachment->program_fd);
	cleanup_close(&attachment->counters_fd);
	cleanup_close(&attachment->active_fd);
	for (int family = 0; family < TRIE_FAMILIES; family++)
		cleanup_close(&attachment->prefixes_fd[family]);
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++)
		policy_maps_close(&attachment->slots[slot]);
}

int slot_image_id(int active_fd, enum portsieve_slot slot, uint32_t *ret_image_id)
{
	__u32 key = slot;

	*ret_image_id = 0;
	if (bpf_map_lookup_elem(active_fd, &key, ret_image_id) && errno != ENOENT)
		return -errno;
	return 0;
}

bool attachment_is_settled(const struct attachment *attachment)
{
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++) {
		uint32_t id;

		if (slot_image_id(attachment->active_fd, slot, &id) ||
		    id != attachment->slots[slot].id)
			return false;
	}
	return true;
}

/* Another map under the name of ours may have elements that no buffer here has room for. */
static bool is_among(int map_fd, const __u32 *map_ids, uint32_t count)
{
	uint32_t id;

	if (map_id(map_fd, &id))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (map_ids[i] == id)
			return true;
	return false;
}

/* What has no id of its own to be known by: text and tries are named by their image's. */
static bool is_of_form(int map_fd, enum bpf_map_type type, uint32_t key_size)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	return !bpf_obj_get_info_by_fd(map_fd, &info, &length) && info.type == type &&
	       info.key_size == key_size;
}

/* Opens the one of the program's maps that is pinned as `kind`. -ENOENT: none is. -EUCLEAN:
 * something else is, under its name. */
static int follow_map(const struct datapath *datapath, const struct attachment *attachment,
		      const char *kind, const __u32 *map_ids, uint32_t count, uint32_t *ret_id)
{
	for (uint32_t i = 0; i < count; i++) {
		int fd = pin_open(datapath, attachment->ifindex, kind, map_ids[i]);

		if (fd == -ENOENT)
			continue;
		if (fd >= 0 && !is_among(fd, &map_ids[i], 1)) {
			close(fd);
			return -EUCLEAN;
		}
		*ret_id = map_ids[i];
		return fd;
	}
	return -ENOENT;
}

static int read_map_ids(int program_fd, __u32 map_ids[PROGRAM_MAPS_MAX], uint32_t *ret_id,
			uint32_t *ret_count)
{
	struct bpf_prog_info info = { .map_ids = (uintptr_t)map_ids,
				      .nr_map_ids = PROGRAM_MAPS_MAX };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(program_fd, &info, &length))
		return -errno;
	*ret_id = info.id;
	*ret_count = info.nr_map_ids < PROGRAM_MAPS_MAX ? info.nr_map_ids : PROGRAM_MAPS_MAX;
	return 0;
}

bool program_is_own(const struct datapath *datapath, uint32_t ifindex, int program_fd)
{
	struct attachment device = { .ifindex = ifindex };
	__u32 map_ids[PROGRAM_MAPS_MAX] = { 0 };
	_cleanup_close_ int active_fd = -1, counters_fd = -1;
	uint32_t id = 0, count = 0;

	if (read_map_ids(program_fd, map_ids, &id, &count))
		return false;
	active_fd = follow_map(datapath, &device, "active", map_ids, count, &id);
	if (active_fd >= 0)
		return true;
	counters_fd = pin_open(datapath, ifindex, "counters", 0);
	return counters_fd >= 0 && is_among(counters_fd, map_ids, count);
}

/* The program, and its maps; a program of another ABI may have no tries. */
static int follow_program(const struct datapath *datapath, struct attachment *attachment)
{
	__u32 map_ids[PROGRAM_MAPS_MAX] = { 0 };
	uint32_t id = 0, count = 0;
	int r;

	if (attachment->program_fd < 0)
		attachment->program_fd =
			pin_open(datapath, attachment->ifindex, "program", attachment->program_id);
	if (attachment->program_fd < 0)
		return attachment->program_fd;
	r = read_map_ids(attachment->program_fd, map_ids, &id, &count);
	if (r)
		return r;
	if (id != attachment->program_id)
		return -ENOENT; /* not ours, whatever it is called */
	attachment->active_fd =
		follow_map(datapath, attachment, "active", map_ids, count, &attachment->active_id);
	if (attachment->active_fd < 0)
		return attachment->active_fd;
	for (int family = 0; family < TRIE_FAMILIES; family++) {
		int fd = follow_map(datapath, attachment, prefixes_kinds[family], map_ids, count,
				    &attachment->prefixes_id[family]);

		if (fd < 0 && fd != -ENOENT)
			return fd;
		attachment->prefixes_fd[family] = fd;
	}
	attachment->counters_fd = pin_open(datapath, attachment->ifindex, "counters", 0);
	if (attachment->counters_fd < 0)
		return attachment->counters_fd;
	return is_among(attachment->counters_fd, map_ids, count) ? 0 : -ENOENT;
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
	if (!is_among(maps->image_fd, &maps->id, 1))
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

/* Which slot is in force. The second one is empty unless a policy waits to be confirmed. */
static int follow_time(struct attachment *attachment)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r;

	if (!attachment->slots[PORTSIEVE_SLOT_NOW].id)
		return -ENOENT;
	if (!attachment->slots[PORTSIEVE_SLOT_BEFORE].id)
		return 0;
	r = image_read(attachment->slots[PORTSIEVE_SLOT_NOW].image_fd, &image, NULL);
	if (r == -EPROTO) /* of another ABI: whoever reads its policy is told */
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

static int follow(const struct datapath *datapath, struct attachment *attachment)
{
	int r = follow_program(datapath, attachment);

	for (int slot = 0; !r && slot < PORTSIEVE_SLOTS; slot++)
		r = follow_slot(datapath, attachment, slot);
	return r ? r : follow_time(attachment);
}

int attachment_open(const struct datapath *datapath, uint32_t ifindex,
		    struct attachment *ret_attachment, struct error *error)
{
	int r = -ENOENT;

	/* A writer may pass between two steps of a reader: its old pins are then gone. */
	for (int tries = 0; r == -ENOENT && tries < 100; tries++) {
		_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;

		attachment.ifindex = ifindex;
		r = hook_follow(datapath, &attachment);
		if (r == -ENOENT || r == -ENOLINK)
			return r;
		if (!r)
			r = follow(datapath, &attachment);
		if (!r) {
			*ret_attachment = attachment;
			attachment = ATTACHMENT_NONE;
			return 0;
		}
	}
	if (r == -ENOENT || r == -EUCLEAN)
		return error_set(error, EUCLEAN, EXIT_FAILED,
				 "the pins of the interface with index %u below %s are not whole; "
				 "unload it and load it again",
				 ifindex, datapath->directory);
	return bpf_error(error, -r, "read the pins of a loaded interface");
}

int attachment_require(const struct datapath *datapath, uint32_t ifindex,
		       struct attachment *ret_attachment, struct error *error)
{
	int r = attachment_open(datapath, ifindex, ret_attachment, error);

	if (r == -ENOENT || r == -ENOLINK)
		return error_set(error, -r, EXIT_NOT_LOADED,
				 "the interface with index %u is not loaded any more", ifindex);
	return r;
}

int policy_maps_pin(const struct datapath *datapath, uint32_t ifindex,
		    const struct policy_maps *maps, struct error *error)
{
	int r = pin_put(datapath, ifindex, "text", maps->id, maps->text_fd);

	for (int family = 0; !r && family < TRIE_FAMILIES; family++)
		if (maps->trie_fd[family] >= 0)
			r = pin_put(datapath, ifindex, trie_kinds[family], maps->id,
				    maps->trie_fd[family]);
	if (!r)
		r = pin_put(datapath, ifindex, "image", maps->id, maps->image_fd);
	return r ? bpf_error(error, -r, "pin the policy") : 0;
}

int prefixes_pin(const struct datapath *datapath, uint32_t ifindex, enum policy_family family,
		 uint32_t id, int fd)
{
	return pin_put(datapath, ifindex, prefixes_kinds[family], id, fd);
}

void attachment_remove_stale(const struct datapath *datapath, const struct attachment *attachment)
{
	static const char *const kept[] = {
		"link", "counters", "turn", "seen", "chained", "asked"
	};
	char names[8 + TRIE_FAMILIES + PORTSIEVE_SLOTS * (2 + TRIE_FAMILIES)][PIN_NAME_MAX];
	size_t count = 0;

	if (!attachment_is_understood(attachment))
		return;
	if (attachment->attach == DATAPATH_DISPATCHER &&
	    handover_settle(datapath, attachment, NULL))
		return; /* what is pinned tells which programs are ours */
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		snprintf(names[count++], PIN_NAME_MAX, "%s", kept[i]);
	snprintf(names[count++], PIN_NAME_MAX, "program_%u", attachment->program_id);
	snprintf(names[count++], PIN_NAME_MAX, "active_%u", attachment->active_id);
	for (int family = 0; family < TRIE_FAMILIES; family++)
		snprintf(names[count++], PIN_NAME_MAX, "%s_%u", prefixes_kinds[family],
			 attachment->prefixes_id[family]);
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++) {
		uint32_t id = attachment->slots[slot].id;

		if (!id)
			continue;
		snprintf(names[count++], PIN_NAME_MAX, "image_%u", id);
		snprintf(names[count++], PIN_NAME_MAX, "text_%u", id);
		for (int family = 0; family < TRIE_FAMILIES; family++)
			snprintf(names[count++], PIN_NAME_MAX, "%s_%u", trie_kinds[family], id);
	}
	pins_remove_others(datapath, attachment->ifindex, names, count);
}

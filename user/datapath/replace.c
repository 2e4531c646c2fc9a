/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replacing the program of a loaded device: with this binary's program (upgrade), with the same on
 * maps of a new layout (upgrade from an old ABI), or with one that reads other slots (part).
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "compile/counter_ids.h"
#include "datapath/apply.h"
#include "datapath/baseline.h"
#include "datapath/flow_mode.h"
#include "datapath/flows.h"
#include "datapath/old_layout.h"
#include "datapath/policy_maps.h"
#include "datapath/pins.h"
#include "datapath/reply_cache.h"
#include "datapath/resize.h"
#include "datapath/stale.h"
#include "datapath/tries.h"

int datapath_upgrade(const struct datapath *datapath, const struct datapath_device *device,
		     const struct datapath_watch *watch, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_image *image = NULL;
	_cleanup_program_ struct program program = { 0 };
	struct program_options options = { .active_fd = -1,
					   .tables_fd = -1,
					   .per_port = watch->per_port,
					   .events = watch->events };
	enum successor_counters counters = SUCCESSOR_CONTINUES;
	struct egress_maps maps;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (r)
		return r;
	/* The new program would misread an image of another ABI. */
	r = image_read(attachment_policy(&attachment)->image_fd, &image, error);
	if (r)
		return r;
	r = resize_choose(&attachment, &options, &counters, error);
	if (r)
		return r;
	attachment_share(&attachment, &options);
	r = successor_load(datapath, &attachment, &options, counters, &program, error);
	if (!r && reply_cache_is_wanted(image))
		r = reply_cache_provide(program.replies_fd, error);
	if (!r)
		r = successor_put_on(datapath, device->name, &attachment, &program, error);
	if (!r && counters == SUCCESSOR_RESIZES)
		r = resize_finish(datapath, device->ifindex, error);
	if (!r && image->flags & PORTSIEVE_IMAGE_RETURN_FLOW && !device->moved) {
		maps = egress_maps_of(program.active_fd, program.prefixes_fd, program.tables_fd);
		r = flow_mode_start(datapath, device->ifindex, device->name, &maps, image->flows,
				    true, error);
	}
	stale_remove_all(datapath);
	return r;
}

/*
 * Reads the images in the slots of an old device (the second is NULL if empty), and finds the one
 * in force. -EBUSY: a change is pending.
 */
static int old_slots_read(const struct attachment *attachment,
			  struct portsieve_image *images[PORTSIEVE_SLOTS],
			  enum portsieve_slot *ret_in_force, struct error *error)
{
	const struct portsieve_image *now;

	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++) {
		int r = attachment->slots[slot].id
				? old_image_read(attachment->slots[slot].image_fd, &images[slot],
						 error)
				: 0;

		if (r)
			return r;
	}
	now = images[PORTSIEVE_SLOT_NOW];
	*ret_in_force = PORTSIEVE_SLOT_NOW;
	if (!(now->flags & PORTSIEVE_IMAGE_UNCONFIRMED))
		return 0;
	if (!has_ended(now->confirm_until_ns, boottime_ns()))
		return datapath_refuse_waiting(now->confirm_until_ns, error);
	if (images[PORTSIEVE_SLOT_BEFORE])
		*ret_in_force = PORTSIEVE_SLOT_BEFORE;
	return 0;
}

static void free_images(struct portsieve_image *(*images)[PORTSIEVE_SLOTS])
{
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++)
		free((*images)[slot]);
}

#define _cleanup_images_ __attribute__((cleanup(free_images)))

int datapath_old_policy_read(const struct datapath *datapath, const struct datapath_device *device,
			     struct portsieve_image **ret_image, char **ret_text,
			     struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_images_ struct portsieve_image *images[PORTSIEVE_SLOTS] = { NULL };
	enum portsieve_slot in_force;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (!r)
		r = old_slots_read(&attachment, images, &in_force, error);
	if (!r)
		r = text_read(attachment.slots[in_force].text_fd, ret_text, error);
	if (r)
		return r;
	*ret_image = images[in_force];
	images[in_force] = NULL;
	return 0;
}

/*
 * Makes the program share the slots of a device with an equal policy, whose image then replaces
 * *image. -ENOENT, without error filled in: none.
 */
static int share_equal(const struct datapath *datapath, uint32_t ifindex,
		       struct portsieve_image *image, struct attachment *equal,
		       struct program_options *options, struct error *error)
{
	_cleanup_free_ struct portsieve_image *shared = NULL;
	int r = attachment_find_equal(datapath, image, equal, error);

	if (r)
		return r;
	r = attachment_image(equal, &shared, error);
	for (int slot = 0; !r && slot < PORTSIEVE_SLOTS; slot++)
		if (equal->slots[slot].id)
			r = policy_maps_pin(datapath, ifindex, &equal->slots[slot], error);
	if (r)
		return r;
	memcpy(image, shared, sizeof(*image));
	attachment_share(equal, options);
	return 0;
}

/* Puts the policy into the slots of a new program, and pins all but the program. */
static int provide_policy(const struct datapath *datapath, uint32_t ifindex,
			  const struct datapath_policy *policy, const struct program *program,
			  struct error *error)
{
	_cleanup_policy_maps_ struct policy_maps maps = POLICY_MAPS_NONE;
	struct portsieve_image *image = policy->image;
	int r;

	if (counter_ids_assign(image, NULL))
		return error_no_memory(error);
	image->generation = 0;
	image->prefixes = policy->addresses ? policy->addresses->count : 0;
	r = policy_maps_make(policy, &maps, error);
	if (!r)
		r = policy_maps_pin(datapath, ifindex, &maps, error);
	if (!r)
		r = tries_put(program->prefixes_fd, maps.trie_fd, image->generation, error);
	return r ? r : image_commit(program->active_fd, &maps, error);
}

/*
 * Waits until no packet runs the old program: an update of the slot waits for an RCU grace period.
 */
static int await_old_program(const struct attachment *attachment, struct error *error)
{
	return image_commit(attachment->active_fd, &attachment->slots[PORTSIEVE_SLOT_NOW], error);
}

/*
 * Removes what a failed upgrade has pinned: the device keeps the old ABI, and stale pins of such
 * devices are not cleaned up. Keeps the pins in a dispatcher, as they prove that its programs are
 * ours.
 */
static void undo_pins(const struct datapath *datapath, const struct attachment *attachment,
		      const struct program *program)
{
	uint32_t ifindex = attachment->ifindex, image_id = 0;

	if (attachment->hook.attach == DATAPATH_DISPATCHER || !program->skeleton)
		return;
	slot_image_id(program->active_fd, PORTSIEVE_SLOT_NOW, &image_id);
	if (image_id) {
		pin_remove(datapath, ifindex, "image", image_id);
		pin_remove(datapath, ifindex, "text", image_id);
	}
	for (int family = 0; family < TRIE_FAMILIES; family++) {
		if (image_id)
			pin_remove(datapath, ifindex, trie_kinds[family], image_id);
		pin_remove(datapath, ifindex, prefixes_kinds[family], program->prefixes_id[family]);
	}
	pin_remove(datapath, ifindex, "counters", program->counters_id);
	pin_remove(datapath, ifindex, "baseline", program->counters_id);
	pin_remove(datapath, ifindex, "active", program->active_id);
	pin_remove(datapath, ifindex, "replies", program->replies_id);
	if (program->port_cells_id) {
		pin_remove(datapath, ifindex, "port_cells", program->port_cells_id);
		pin_remove(datapath, ifindex, "port_sums", program->port_sums_id);
	}
	for (int map = 0; map < EVENT_MAPS && program->event_ids[map]; map++)
		pin_remove(datapath, ifindex, event_kinds[map], program->event_ids[map]);
	pin_remove(datapath, ifindex, "program", program->id);
}

/*
 * The new program has its own maps. The update of the link commits; after it the baseline is made
 * final.
 */
static int upgrade_old(const struct datapath *datapath, const struct datapath_device *device,
		       const struct attachment *attachment, const struct baseline_source *source,
		       const struct datapath_policy *policy, const struct datapath_watch *watch,
		       struct program *ret_program, bool *ret_replaced, struct error *error)
{
	struct program_options options = { .active_fd = -1,
					   .prefixes_fd = { -1, -1 },
					   .per_port = watch->per_port,
					   .events = watch->events };
	_cleanup_attachment_ struct attachment equal = ATTACHMENT_NONE;
	_cleanup_close_ int baseline_fd = -1;
	struct program program = { 0 };
	int r = share_equal(datapath, attachment->ifindex, policy->image, &equal, &options, error);

	if (r && r != -ENOENT)
		return r;
	options.counters_rows = counter_rows_for(policy->image);
	r = successor_load(datapath, attachment, &options, SUCCESSOR_NEW, &program, error);
	*ret_program = program;
	if (r)
		return r;
	if (reply_cache_is_wanted(policy->image))
		r = reply_cache_provide(program.replies_fd, error);
	if (r)
		return r;
	if (equal.active_fd < 0) {
		r = provide_policy(datapath, attachment->ifindex, policy, &program, error);
		if (r)
			return r;
	}
	baseline_fd = baseline_make(policy->image, error);
	if (baseline_fd < 0)
		return baseline_fd;
	r = baseline_fill(baseline_fd, source, policy->image, true, error);
	if (r)
		return r;
	program.baseline_fd = baseline_fd;
	r = successor_put_on(datapath, device->name, attachment, &program, error);
	if (r)
		return r;
	*ret_replaced = true;
	if (attachment->attach_asked) /* the old mark would keep the old counters in memory */
		pin_replace(datapath, attachment->ifindex, "asked", 0, program.tables_fd);
	r = await_old_program(attachment, error);
	return r ? r : baseline_fill(baseline_fd, source, policy->image, false, error);
}

int datapath_upgrade_old(const struct datapath *datapath, const struct datapath_device *device,
			 const struct datapath_policy *policy, const struct datapath_watch *watch,
			 struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_images_ struct portsieve_image *images[PORTSIEVE_SLOTS] = { NULL };
	_cleanup_program_ struct program program = { 0 };
	struct baseline_source source;
	enum portsieve_slot in_force;
	bool replaced = false;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (!r)
		r = old_slots_read(&attachment, images, &in_force, error);
	if (r)
		return r;
	source = (struct baseline_source){
		.counters_fd = attachment.counters_fd,
		.image = images[in_force],
		.counters = images[PORTSIEVE_SLOT_NOW]->counters,
	};
	if (source.image->counters > source.counters)
		source.counters = source.image->counters;
	r = upgrade_old(datapath, device, &attachment, &source, policy, watch, &program, &replaced,
			error);
	if (r && !replaced)
		undo_pins(datapath, &attachment, &program);
	stale_remove_all(datapath);
	return r;
}

/*
 * Moves one device to the slots of *first. If *first is empty, makes new slots with the policy in
 * force, and moves the program to *first. The policy stays the same, so no packet is judged
 * differently.
 */
static int part_device(const struct datapath *datapath, const struct datapath_device *device,
		       struct program *first, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_program_ struct program program = { 0 };
	_cleanup_free_ struct portsieve_image *image = NULL;
	struct program_options options = { .active_fd = -1, .tables_fd = -1 };
	const struct policy_maps *maps;
	int r = apply_require(datapath, device, &attachment, error);

	if (r)
		return r;
	if (first->skeleton) {
		options.active_fd = first->active_fd;
		options.replies_fd = first->replies_fd;
		memcpy(options.prefixes_fd, first->prefixes_fd, sizeof(options.prefixes_fd));
	}
	r = successor_load(datapath, &attachment, &options, SUCCESSOR_CONTINUES, &program, error);
	if (r)
		return r;
	if (first->skeleton)
		return successor_put_on(datapath, device->name, &attachment, &program, error);
	maps = attachment_policy(&attachment);
	r = image_read(maps->image_fd, &image, error);
	if (r)
		return r;
	r = tries_put(program.prefixes_fd, maps->trie_fd, image->generation, error);
	if (!r && reply_cache_is_wanted(image))
		r = reply_cache_provide(program.replies_fd, error);
	if (r)
		return r;
	r = image_commit(program.active_fd, maps, error);
	if (r)
		return r;
	r = successor_put_on(datapath, device->name, &attachment, &program, error);
	if (r)
		return r;
	*first = program;
	program.skeleton = NULL;
	return 0;
}

int datapath_part(const struct datapath *datapath, const struct datapath_device *devices,
		  size_t count, struct error *error)
{
	_cleanup_program_ struct program first = { 0 };
	int r = 0;

	for (size_t i = 0; !r && i < count; i++)
		r = part_device(datapath, &devices[i], &first, error);
	stale_remove_all(datapath);
	return r;
}

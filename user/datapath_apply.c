/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing the policy of loaded devices: everything is made ready, then one system call commits. */
#include <errno.h>

#include "cleanup.h"
#include "counter_ids.h"
#include "datapath_attach.h"
#include "datapath_counters.h"
#include "datapath_image.h"
#include "datapath_pins.h"
#include "datapath_program.h"

/* Readies each device of the slot for the coming image: its rows zeroed, its maps pinned. */
static int prepare_devices(const struct datapath *datapath, uint32_t active_id,
			   const struct portsieve_image *image,
			   const struct portsieve_image *previous, const struct image_maps *maps,
			   struct error *error)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t count;
	int r = pins_list(datapath, &ifindexes, &count, error);

	for (size_t i = 0; !r && i < count; i++) {
		_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;

		r = attachment_open(datapath, ifindexes[i], &attachment, error);
		if (r == -ENOENT || r == -ENOLINK || r == -EUCLEAN)
			r = 0; /* on its own, not of this slot */
		if (r || attachment.active_id != active_id)
			continue;
		r = counters_prepare(attachment.counters_fd, image, previous, error);
		if (!r)
			r = image_maps_pin(datapath, ifindexes[i], maps, error);
	}
	return r;
}

/* Removes what the devices' links no longer lead to. */
static void remove_stale(const struct datapath *datapath)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t count = 0;

	pins_list(datapath, &ifindexes, &count, NULL);
	for (size_t i = 0; i < count; i++) {
		_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;

		if (!attachment_open(datapath, ifindexes[i], &attachment, NULL))
			pins_remove_stale(datapath, &attachment);
	}
}

int datapath_apply(const struct datapath *datapath, const struct datapath_device *device,
		   const struct datapath_policy *policy, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_image *previous = NULL;
	_cleanup_image_maps_ struct image_maps maps = IMAGE_MAPS_NONE;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (!r)
		r = image_read(attachment.image_fd, &previous, error);
	if (!r && counter_ids_assign(policy->image, previous))
		r = error_set(error, ENOMEM, EXIT_FAILED, "not enough memory");
	if (!r)
		r = image_maps_make(policy, &maps, error);
	if (!r)
		r = prepare_devices(datapath, attachment.active_id, policy->image, previous, &maps,
				    error);
	if (!r)
		r = image_commit(attachment.active_fd, &maps, error);
	remove_stale(datapath);
	return r;
}

/*
 * Moves one device to the slot of slot_fd, or, if that is -1, to a new one: with the policy that is
 * in force on it, so that no packet is judged otherwise. The slot stays open in *ret_slot_fd.
 */
static int part_device(const struct datapath *datapath, uint32_t ifindex, int slot_fd,
		       int *ret_slot_fd, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_program_ struct program program = { 0 };
	struct program_options options = { .active_fd = slot_fd };
	struct image_maps in_force;
	int r = attachment_require(datapath, ifindex, &attachment, error);

	if (r)
		return r;
	in_force = (struct image_maps){ .image_fd = attachment.image_fd, .text_fd = -1 };
	options.counters_fd = attachment.counters_fd;
	r = program_load(&options, &program, error);
	if (!r && slot_fd < 0)
		r = image_commit(program.active_fd, &in_force, error);
	if (!r)
		r = program_pin(datapath, ifindex, &program, error);
	if (!r)
		r = link_replace(attachment.link_fd, program.program_fd, error);
	if (r)
		return r;
	*ret_slot_fd = dup(program.active_fd);
	return *ret_slot_fd < 0 ? error_set(error, errno, EXIT_FAILED, "too many open files") : 0;
}

int datapath_part(const struct datapath *datapath, const struct datapath_device *devices,
		  size_t count, struct error *error)
{
	_cleanup_close_ int slot_fd = -1;
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		int fd = -1;

		r = part_device(datapath, devices[i].ifindex, slot_fd, &fd, error);
		cleanup_close(&slot_fd);
		slot_fd = fd;
	}
	remove_stale(datapath);
	return r;
}

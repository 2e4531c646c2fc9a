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

		if (attachment_open(datapath, ifindexes[i], &attachment, NULL) ||
		    attachment.active_id != active_id)
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

/* What both ways of applying begin with. */
static int assign_counters(const struct attachment *attachment, struct portsieve_image *image,
			   struct portsieve_image **ret_previous, struct error *error)
{
	int r = image_read(attachment->image_fd, ret_previous, error);

	if (!r && counter_ids_assign(image, *ret_previous))
		r = error_set(error, ENOMEM, EXIT_FAILED, "not enough memory");
	return r;
}

int datapath_apply(const struct datapath *datapath, const struct datapath_device *device,
		   const struct datapath_policy *policy, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_image *previous = NULL;
	_cleanup_image_maps_ struct image_maps maps = IMAGE_MAPS_NONE;
	int r = attachment_open(datapath, device->ifindex, &attachment, error);

	if (!r)
		r = assign_counters(&attachment, policy->image, &previous, error);
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

int datapath_apply_apart(const struct datapath *datapath, const struct datapath_device *device,
			 const struct datapath_policy *policy, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_image *previous = NULL;
	_cleanup_image_maps_ struct image_maps maps = IMAGE_MAPS_NONE;
	_cleanup_program_ struct program program = { 0 };
	struct program_options options = { .counters_fd = -1, .active_fd = -1 };
	int r = attachment_open(datapath, device->ifindex, &attachment, error);

	if (!r)
		r = assign_counters(&attachment, policy->image, &previous, error);
	if (r)
		return r;
	options.counters_fd = attachment.counters_fd;
	r = program_load(&options, &program, error);
	if (!r)
		r = counters_prepare(attachment.counters_fd, policy->image, previous, error);
	if (!r)
		r = image_maps_make(policy, &maps, error);
	if (!r)
		r = image_commit(program.active_fd, &maps, error);
	if (!r)
		r = image_maps_pin(datapath, device->ifindex, &maps, error);
	if (!r)
		r = program_pin(datapath, device->ifindex, &program, error);
	if (!r)
		r = link_replace(attachment.link_fd, program.program_fd, error);
	remove_stale(datapath);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changing the policy of loaded devices: all is prepared first, then one system call commits. */
#include "datapath/apply.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/cleanup.h"
#include "compile/counter_ids.h"
#include "datapath/counters.h"
#include "datapath/policy_maps.h"
#include "datapath/pins.h"
#include "datapath/stale.h"
#include "datapath/tries.h"

/* Prepares each device of the slot for the new policy: zeroes its new rows, pins the maps. */
static int prepare_devices(const struct datapath *datapath, uint32_t active_id,
			   const struct portsieve_image *image,
			   const struct portsieve_image *previous, const struct policy_maps *maps,
			   struct error *error)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t count;
	int r = pins_list(datapath, &ifindexes, &count, error);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
		struct error why = { 0 };

		r = attachment_open(datapath, ifindexes[i], &attachment, &why);
		if (r == -ENOENT || r == -ENOLINK || r == -EUCLEAN)
			continue; /* stale or broken: it does not use this slot */
		if (r) {
			if (error)
				*error = why;
			return r;
		}
		if (attachment.active_id != active_id)
			continue;
		if (previous) {
			r = counters_prepare(attachment.counters_fd, image, previous, error);
			if (r)
				return r;
		}
		r = policy_maps_pin(datapath, ifindexes[i], maps, error);
		if (r)
			return r;
	}
	return 0;
}

/* The steps of apply_commit before it removes what is no longer needed. */
static int commit(const struct datapath *datapath, const struct attachment *attachment,
		  const struct apply *apply, struct error *error)
{
	const struct portsieve_image *image = apply->image;
	int r = prepare_devices(datapath, attachment->active_id, image, apply->previous,
				apply->maps, error);

	if (r)
		return r;
	r = tries_put(attachment->prefixes_fd, apply->maps->trie_fd, image->generation, error);
	if (r)
		return r;
	if (image->flags & PORTSIEVE_IMAGE_UNCONFIRMED) {
		r = image_keep_before(attachment->active_fd, attachment_policy(attachment), error);
		if (r)
			return r;
	}
	if (has_ended(apply->not_after_ns, boottime_ns()))
		return -ETIME;
	return image_commit(attachment->active_fd, apply->maps, error);
}

int apply_commit(const struct datapath *datapath, const struct attachment *attachment,
		 const struct apply *apply, struct error *error)
{
	const struct portsieve_image *image = apply->image;
	bool is_pending = image->flags & PORTSIEVE_IMAGE_UNCONFIRMED;
	int r = commit(datapath, attachment, apply, error);

	if (!r) {
		/* The change is made: what cannot be removed now, the next writer removes. */
		if (!is_pending && attachment->slots[PORTSIEVE_SLOT_BEFORE].id)
			image_keep_before(attachment->active_fd, NULL, NULL);
		tries_remove_others(attachment->prefixes_fd, image->generation,
				    is_pending ? apply->previous->generation : image->generation);
	}
	stale_remove_all(datapath);
	return r;
}

int datapath_refuse_waiting(uint64_t confirm_until_ns, struct error *error)
{
	return error_set(error, EBUSY, EXIT_FAILED,
			 "a change is pending (%" PRIu64
			 " s left): confirm it or roll it back first (portsieve confirm, portsieve "
			 "rollback)",
			 seconds_until(confirm_until_ns, boottime_ns()));
}

/* While a change is pending, only `confirm` and `rollback` may touch the policy. */
static int check_none_waits(const struct attachment *attachment, struct error *error)
{
	if (!attachment->confirm_until_ns)
		return 0;
	if (attachment->in_force == PORTSIEVE_SLOT_BEFORE)
		return error_set(error, EBUSY, EXIT_FAILED,
				 "the policy was not confirmed in time and has just been rolled "
				 "back to the previous one; run the command again");
	return datapath_refuse_waiting(attachment->confirm_until_ns, error);
}

int apply_require(const struct datapath *datapath, const struct datapath_device *device,
		  struct attachment *ret_attachment, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (r)
		return r;
	r = check_none_waits(&attachment, error);
	if (r)
		return r;
	*ret_attachment = attachment;
	attachment = ATTACHMENT_NONE;
	return 0;
}

int datapath_apply(const struct datapath *datapath, const struct datapath_device *device,
		   const struct datapath_policy *policy, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_image *previous = NULL;
	_cleanup_policy_maps_ struct policy_maps maps = POLICY_MAPS_NONE;
	struct portsieve_image *image = policy->image;
	int r = apply_require(datapath, device, &attachment, error);

	if (r)
		return r;
	r = image_read(attachment_policy(&attachment)->image_fd, &previous, error);
	if (r)
		return r;
	if (counter_ids_assign(image, previous))
		return error_no_memory(error);
	image->prefixes = policy->addresses ? policy->addresses->count : 0;
	image->generation = (previous->generation + 1) % PORTSIEVE_GENERATIONS;
	if (image->confirm_until_ns)
		image->flags |= PORTSIEVE_IMAGE_UNCONFIRMED;
	r = policy_maps_make(policy, &maps, error);
	if (r)
		return r;
	return apply_commit(datapath, &attachment,
			    &(struct apply){ .image = image, .previous = previous, .maps = &maps },
			    error);
}

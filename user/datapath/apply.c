/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing the policy of loaded devices: everything is prepared first, then one system call
 * commits. The program itself rolls a pending change back when the deadline in the image passes;
 * the code here only makes that permanent.
 */
#include "datapath/apply.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "compile/counter_ids.h"
#include "datapath/baseline.h"
#include "datapath/counters.h"
#include "datapath/flow_mode.h"
#include "datapath/flows.h"
#include "datapath/policy_maps.h"
#include "datapath/reply_cache.h"
#include "datapath/resize.h"
#include "datapath/stale.h"
#include "datapath/tries.h"

/* A policy change, on all devices that share the slot of `attachment`. */
struct change {
	const struct datapath *datapath;
	const struct attachment *attachment;
	const struct portsieve_image *image;
	const struct policy_maps *maps; /* of the image */

	/*
	 * The policy in force so far: rows that only the new image uses are zeroed. NULL if there
	 * are none.
	 */
	const struct portsieve_image *previous;
	uint64_t not_after_ns; /* CLOCK_BOOTTIME; 0: no limit */
};

/* Zeroes the new rows and pins the maps, on each device of the slot. */
static int prepare_devices(const struct change *change, struct error *error)
{
	const struct datapath *datapath = change->datapath;
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
		if (attachment.active_id != change->attachment->active_id)
			continue;
		if (change->previous) {
			r = baseline_retire(datapath, &attachment, change->image, change->previous,
					    error);
			if (r)
				return r;
			r = counters_prepare(attachment.counters_fd, change->image,
					     change->previous, error);
			if (r)
				return r;
		}
		r = policy_maps_pin(datapath, ifindexes[i], change->maps, error);
		if (!r && reply_cache_is_wanted(change->image))
			r = reply_cache_provide(attachment.replies_fd, error);
		if (!r && change->image->flags & PORTSIEVE_IMAGE_RETURN_FLOW)
			r = flow_mode_start_on(datapath, &attachment, change->image->flows, error);
		if (r)
			return r;
	}
	return 0;
}

/*
 * Makes the devices learn flows for a policy with `return: flow` before it comes into force, then
 * adds the flows that are open already.
 */
static int prepare_flows(const struct change *change, struct error *error)
{
	const struct attachment *attachment = change->attachment;
	int r = image_put_next(attachment->active_fd, change->maps, error);

	if (!r)
		r = prepare_devices(change, error);
	return r ? r
		 : flows_seed(change->datapath, attachment->ifindex, attachment->tables_fd, error);
}

/*
 * All steps up to and including the commit. -ETIME, without error filled in: not_after_ns has
 * passed.
 */
static int prepare_and_commit(const struct change *change, struct error *error)
{
	const struct attachment *attachment = change->attachment;
	int r = tries_put(attachment->prefixes_fd, change->maps->trie_fd, change->image->generation,
			  error);

	if (r)
		return r;
	r = change->image->flags & PORTSIEVE_IMAGE_RETURN_FLOW ? prepare_flows(change, error)
							       : prepare_devices(change, error);
	if (r)
		return r;
	if (change->image->flags & PORTSIEVE_IMAGE_UNCONFIRMED) {
		r = image_keep_before(attachment->active_fd, attachment_policy(attachment), error);
		if (r)
			return r;
	}
	if (has_ended(change->not_after_ns, boottime_ns()))
		return -ETIME;
	return image_commit(attachment->active_fd, change->maps, error);
}

/*
 * Puts the policy in force. If the image is UNCONFIRMED, the previous policy is kept for a
 * rollback. Then removes what no policy uses any more. -ETIME, without error filled in:
 * not_after_ns has passed, and nothing has changed.
 */
static int commit(const struct change *change, struct error *error)
{
	const struct attachment *attachment = change->attachment;
	bool is_pending = change->image->flags & PORTSIEVE_IMAGE_UNCONFIRMED;
	int r = prepare_and_commit(change, error);

	if (!r) {
		/* Best effort from here on: the next writer completes the cleanup. */
		if (!is_pending && attachment->slots[PORTSIEVE_SLOT_BEFORE].id)
			image_keep_before(attachment->active_fd, NULL, NULL);
		tries_remove_others(attachment->prefixes_fd, change->image->generation,
				    is_pending ? change->previous->generation
					       : change->image->generation);
		if (!reply_cache_is_wanted(change->image) &&
		    !(is_pending && reply_cache_is_wanted(change->previous)))
			reply_cache_release(attachment->replies_fd);
	}
	if (change->image->flags & PORTSIEVE_IMAGE_RETURN_FLOW)
		image_put_next(attachment->active_fd, NULL, NULL);
	flow_mode_settle_all(change->datapath);
	stale_remove_all(change->datapath);
	return r;
}

int datapath_refuse_waiting(uint64_t confirm_until_ns, struct error *error)
{
	return error_set_code(
		error, ERROR_CONFIRM_PENDING, EBUSY,
		"a change is pending (%" PRIu64
		" s left): confirm it or roll it back first (portsieve confirm, portsieve "
		"rollback)",
		seconds_until(confirm_until_ns, boottime_ns()));
}

int apply_require(const struct datapath *datapath, const struct datapath_device *device,
		  struct attachment *ret_attachment, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (r)
		return r;
	if (attachment.confirm_until_ns && attachment.in_force == PORTSIEVE_SLOT_BEFORE)
		return error_set(error, EBUSY, EXIT_FAILED,
				 "the policy was not confirmed in time and has just been rolled "
				 "back to the previous one; run the command again");
	if (attachment.confirm_until_ns)
		return datapath_refuse_waiting(attachment.confirm_until_ns, error);
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
	r = resize_sharing(datapath, attachment.active_id, image, error);
	if (r)
		return r;
	/* its programs may have been replaced */
	attachment_close(&attachment);
	attachment = ATTACHMENT_NONE;
	r = apply_require(datapath, device, &attachment, error);
	if (r)
		return r;
	image->prefixes = policy->addresses ? policy->addresses->count : 0;
	image->generation = (previous->generation + 1) % PORTSIEVE_GENERATIONS;
	image->epoch = previous->epoch + 1;
	if (image->grace_until_ns && previous->flags & image->flags & PORTSIEVE_IMAGE_RETURN_FLOW &&
	    !(previous->flags & PORTSIEVE_IMAGE_MONITOR))
		image->grace_until_ns = previous->grace_until_ns;
	if (image->confirm_until_ns)
		image->flags |= PORTSIEVE_IMAGE_UNCONFIRMED;
	r = policy_maps_make(policy, &maps, error);
	if (r)
		return r;
	return commit(&(struct change){ .datapath = datapath,
					.attachment = &attachment,
					.image = image,
					.maps = &maps,
					.previous = previous },
		      error);
}

int datapath_forget_replies(const struct datapath *datapath, const struct datapath_device *device,
			    struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	return r ? r : reply_cache_renew(attachment.replies_fd, error);
}

/*
 * Puts the policy of a slot in force for good, as a copy of its image without the deadline and with
 * `flags` added. Rows that the other policy has counted in stay readable. not_after_ns: as in
 * struct change.
 */
static int settle_on(const struct datapath *datapath, const struct attachment *attachment,
		     enum portsieve_slot slot, uint32_t flags, uint64_t not_after_ns,
		     struct error *error)
{
	_cleanup_policy_maps_ struct policy_maps maps = POLICY_MAPS_NONE;
	_cleanup_free_ struct portsieve_image *image = NULL, *other = NULL;
	int r = image_read(attachment->slots[slot].image_fd, &image, error);

	if (r)
		return r;
	r = image_read(attachment->slots[!slot].image_fd, &other, error);
	if (r)
		return r;
	image->flags &= ~(uint32_t)(PORTSIEVE_IMAGE_UNCONFIRMED | PORTSIEVE_IMAGE_FELL_BACK);
	image->flags |= flags;
	image->confirm_until_ns = 0;
	if (other->counters > image->counters)
		image->counters = other->counters;
	image->epoch = (image->epoch > other->epoch ? image->epoch : other->epoch) + 1;
	r = policy_maps_make_like(&attachment->slots[slot], image, &maps, error);
	if (r)
		return r;
	return commit(&(struct change){ .datapath = datapath,
					.attachment = attachment,
					.image = image,
					.maps = &maps,
					.not_after_ns = not_after_ns },
		      error);
}

/* Opens a device that has a change pending. */
static int pending_open(const struct datapath *datapath, const struct datapath_device *device,
			struct attachment *ret_attachment, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (r)
		return r;
	/* Only for the error: a policy of another ABI shows no deadline, but may have one. */
	r = image_read(attachment.slots[PORTSIEVE_SLOT_NOW].image_fd, &image, error);
	if (r)
		return r;
	if (!attachment.confirm_until_ns)
		return error_set_code(error, ERROR_NOT_PENDING, ENOENT,
				      "no change is pending on %s", device->name);
	*ret_attachment = attachment;
	attachment = ATTACHMENT_NONE;
	return 0;
}

int datapath_confirm(const struct datapath *datapath, const struct datapath_device *device,
		     struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	int r = pending_open(datapath, device, &attachment, error);

	if (r)
		return r;
	r = -ETIME;
	if (attachment.in_force == PORTSIEVE_SLOT_NOW)
		r = settle_on(datapath, &attachment, PORTSIEVE_SLOT_NOW, 0,
			      attachment.confirm_until_ns, error);
	if (r == -ETIME)
		error_set(error, ETIME, EXIT_FAILED,
			  "the policy on %s was not confirmed in time and has been rolled back "
			  "to the previous one; apply it again",
			  device->name);
	return r;
}

int datapath_rollback(const struct datapath *datapath, const struct datapath_device *device,
		      struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	int r = pending_open(datapath, device, &attachment, error);

	return r ? r : settle_on(datapath, &attachment, PORTSIEVE_SLOT_BEFORE, 0, 0, error);
}

int apply_repair(const struct datapath *datapath, const struct attachment *attachment,
		 bool *ret_fell_back)
{
	bool fell_back = attachment->in_force == PORTSIEVE_SLOT_BEFORE;
	int r = 0;

	if (fell_back)
		r = settle_on(datapath, attachment, PORTSIEVE_SLOT_BEFORE,
			      PORTSIEVE_IMAGE_FELL_BACK, 0, NULL);
	else if (!attachment->confirm_until_ns && attachment->slots[PORTSIEVE_SLOT_BEFORE].id)
		r = image_keep_before(attachment->active_fd, NULL, NULL);
	if (r)
		return r;
	*ret_fell_back = fell_back;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a pending change ends. The program itself rolls back when the deadline in the image passes;
 * the code here only makes that permanent.
 */
#include "datapath/confirm.h"

#include <errno.h>

#include "base/cleanup.h"
#include "datapath/apply.h"
#include "datapath/policy_maps.h"

/*
 * Puts the policy of a slot in force for good, as a copy of its image without the deadline. The
 * rows that the other policy has counted in stay readable. not_after_ns: as in struct apply.
 */
static int settle_on(const struct datapath *datapath, const struct attachment *attachment,
		     enum portsieve_slot slot, uint64_t not_after_ns, struct error *error)
{
	_cleanup_policy_maps_ struct policy_maps maps = POLICY_MAPS_NONE;
	_cleanup_free_ struct portsieve_image *image = NULL, *other = NULL;
	int r = image_read(attachment->slots[slot].image_fd, &image, error);

	if (r)
		return r;
	r = image_read(attachment->slots[!slot].image_fd, &other, error);
	if (r)
		return r;
	image->flags &= ~(uint32_t)PORTSIEVE_IMAGE_UNCONFIRMED;
	image->confirm_until_ns = 0;
	if (other->counters > image->counters)
		image->counters = other->counters;
	r = policy_maps_make_like(&attachment->slots[slot], image, &maps, error);
	if (r)
		return r;
	return apply_commit(
		datapath, attachment,
		&(struct apply){ .image = image, .maps = &maps, .not_after_ns = not_after_ns },
		error);
}

static int waiting_open(const struct datapath *datapath, const struct datapath_device *device,
			struct attachment *ret_attachment, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (r)
		return r;
	/* tells another ABI from "no change is pending" */
	r = image_read(attachment.slots[PORTSIEVE_SLOT_NOW].image_fd, &image, error);
	if (r)
		return r;
	if (!attachment.confirm_until_ns)
		return error_set(error, ENOENT, EXIT_FAILED, "no change is pending on %s",
				 device->name);
	*ret_attachment = attachment;
	attachment = ATTACHMENT_NONE;
	return 0;
}

int datapath_confirm(const struct datapath *datapath, const struct datapath_device *device,
		     struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	int r = waiting_open(datapath, device, &attachment, error);

	if (r)
		return r;
	r = -ETIME;
	if (attachment.in_force == PORTSIEVE_SLOT_NOW)
		r = settle_on(datapath, &attachment, PORTSIEVE_SLOT_NOW,
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
	int r = waiting_open(datapath, device, &attachment, error);

	return r ? r : settle_on(datapath, &attachment, PORTSIEVE_SLOT_BEFORE, 0, error);
}

int confirm_repair(const struct datapath *datapath, const struct attachment *attachment,
		   bool *ret_fell_back)
{
	bool fell_back = attachment->in_force == PORTSIEVE_SLOT_BEFORE;
	int r = 0;

	if (fell_back)
		r = settle_on(datapath, attachment, PORTSIEVE_SLOT_BEFORE, 0, NULL);
	else if (!attachment->confirm_until_ns && attachment->slots[PORTSIEVE_SLOT_BEFORE].id)
		r = image_keep_before(attachment->active_fd, NULL, NULL);
	if (r)
		return r;
	*ret_fell_back = fell_back;
	return 0;
}

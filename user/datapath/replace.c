/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replacing the program of a loaded device, by one update of its link or by a handover in its
 * dispatcher: with this binary's program (upgrade), or with one that reads other slots (part).
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/apply.h"
#include "datapath/link.h"
#include "datapath/policy_maps.h"
#include "datapath/pins.h"
#include "datapath/program.h"
#include "datapath/stale.h"
#include "datapath/tries.h"
#include "datapath/handover.h"

/* Loads a program that continues with the attachment's counters; for a dispatcher only its maps. */
static int make_program(const struct datapath *datapath, const struct attachment *attachment,
			struct program_options *options, struct program *ret_program,
			struct error *error)
{
	_cleanup_close_ int turn_fd = pin_open(datapath, attachment->ifindex, "turn", 0);
	_cleanup_close_ int seen_fd = pin_open(datapath, attachment->ifindex, "seen", 0);

	options->counters_fd = attachment->counters_fd;
	options->in_chain = attachment->hook.attach == DATAPATH_DISPATCHER;
	options->turn_fd = turn_fd;
	options->seen_fd = seen_fd;
	if (options->in_chain && (turn_fd < 0 || seen_fd < 0))
		return bpf_error(error, turn_fd < 0 ? -turn_fd : -seen_fd, "open the pins");
	return program_load(options, ret_program, error);
}

/* Pins the program and puts it in the place of the attachment's. */
static int put_on(const struct datapath *datapath, const char *device,
		  const struct attachment *attachment, const struct program *program,
		  struct error *error)
{
	int r = program_pin(datapath, attachment->ifindex, program, error);

	if (r)
		return r;
	if (attachment->hook.attach == DATAPATH_DISPATCHER)
		return handover_replace(datapath, device, attachment, program, error);
	return link_replace(attachment->hook.link_fd, program->program_fd, error);
}

int datapath_upgrade(const struct datapath *datapath, const struct datapath_device *device,
		     struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_image *image = NULL;
	_cleanup_program_ struct program program = { 0 };
	struct program_options options = { .active_fd = -1 };
	int r = attachment_require(datapath, device->ifindex, &attachment, error);

	if (r)
		return r;
	/* The new program would misread an image of another ABI. */
	r = image_read(attachment_policy(&attachment)->image_fd, &image, error);
	if (r)
		return r;
	attachment_share(&attachment, &options);
	r = make_program(datapath, &attachment, &options, &program, error);
	if (!r)
		r = put_on(datapath, device->name, &attachment, &program, error);
	stale_remove_all(datapath);
	return r;
}

/*
 * Moves one device to the slots of *first. If *first is empty, makes new slots with the policy in
 * force, and *first takes the program over. The policy stays the same, so that no packet is judged
 * differently.
 */
static int part_device(const struct datapath *datapath, const struct datapath_device *device,
		       struct program *first, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_program_ struct program program = { 0 };
	_cleanup_free_ struct portsieve_image *image = NULL;
	struct program_options options = { .active_fd = -1 };
	const struct policy_maps *maps;
	int r = apply_require(datapath, device, &attachment, error);

	if (r)
		return r;
	if (first->skeleton) {
		options.active_fd = first->active_fd;
		memcpy(options.prefixes_fd, first->prefixes_fd, sizeof(options.prefixes_fd));
	}
	r = make_program(datapath, &attachment, &options, &program, error);
	if (r)
		return r;
	if (first->skeleton)
		return put_on(datapath, device->name, &attachment, &program, error);
	maps = attachment_policy(&attachment);
	r = image_read(maps->image_fd, &image, error);
	if (r)
		return r;
	r = tries_put(program.prefixes_fd, maps->trie_fd, image->generation, error);
	if (r)
		return r;
	r = image_commit(program.active_fd, maps, error);
	if (r)
		return r;
	r = put_on(datapath, device->name, &attachment, &program, error);
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

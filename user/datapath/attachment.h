/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device's link leads to: the program, its slots, the policies in them. Private to
 * datapath*.c and snapshot_read.c.
 */
#ifndef PORTSIEVE_DATAPATH_ATTACHMENT_H
#define PORTSIEVE_DATAPATH_ATTACHMENT_H

#include "datapath/hook.h"
#include "datapath/policy_maps.h"
#include "datapath/program.h"

/* The objects of a loaded device, as its link leads to them. Descriptors; -1: not open. */
struct attachment {
	uint32_t ifindex;
	struct hook hook; /* with its program_fd open, on a link too */
	int counters_fd;
	int active_fd;
	int prefixes_fd[TRIE_FAMILIES]; /* tries by generation */
	struct policy_maps slots[PORTSIEVE_SLOTS];

	/*
	 * When the policy in the first slot gives way to the second one (CLOCK_BOOTTIME), and which
	 * of them was in force when they were read. 0: it does not, and the second is empty, or
	 * left over.
	 */
	uint64_t confirm_until_ns;
	enum portsieve_slot in_force;

	uint32_t active_id;
	uint32_t prefixes_id[TRIE_FAMILIES];
};

#define ATTACHMENT_NONE                                                                            \
	(struct attachment)                                                                        \
	{                                                                                          \
		.hook = HOOK_NONE, .counters_fd = -1, .active_fd = -1, .prefixes_fd = { -1, -1 },  \
		.slots = {                                                                         \
			POLICY_MAPS_NONE,                                                          \
			POLICY_MAPS_NONE                                                           \
		}                                                                                  \
	}

/* The maps of the policy in force. */
static inline const struct policy_maps *attachment_policy(const struct attachment *attachment)
{
	return &attachment->slots[attachment->in_force];
}

/*
 * Follows the pins of a device, from its link, or from the member of libxdp's dispatcher that is
 * ours. -ENOENT when there is no folder, or neither of these; -ENOLINK when there was one: the link
 * is a husk whose device is gone, or the program is not in the dispatcher any more; error is filled
 * in for other failures.
 */
int attachment_open(const struct datapath *datapath, uint32_t ifindex,
		    struct attachment *ret_attachment, struct error *error);

/* As attachment_open, for a device that has to be there: all errors are filled in. */
int attachment_require(const struct datapath *datapath, uint32_t ifindex,
		       struct attachment *ret_attachment, struct error *error);

/* Lets a program share the slots of a device; it gets its own if the attachment is not open. */
static inline void attachment_share(const struct attachment *attachment,
				    struct program_options *options)
{
	options->active_fd = attachment->active_fd;
	for (int family = 0; family < TRIE_FAMILIES; family++)
		options->prefixes_fd[family] = attachment->prefixes_fd[family];
}

void attachment_close(struct attachment *attachment);
#define _cleanup_attachment_ __attribute__((cleanup(attachment_close)))

/* The id of the image in a slot of `active_fd`; 0: it is empty. */
int slot_image_id(int active_fd, enum portsieve_slot slot, uint32_t *ret_image_id);

/* Are the policies in the slots still those that the attachment was opened with? */
bool attachment_is_settled(const struct attachment *attachment);

/* Was it loaded by a program of this ABI? Else nothing but unloading may touch its maps and pins.
 */
bool attachment_is_understood(const struct attachment *attachment);

/*
 * Reads the image in force; its `counters` are those of all rows that have counted. The caller
 * frees *ret_image.
 */
int attachment_image(const struct attachment *attachment, struct portsieve_image **ret_image,
		     struct error *error);

#endif

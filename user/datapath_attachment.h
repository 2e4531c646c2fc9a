/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device's link leads to: the program, its slots, the policies in them. Private to
 * datapath*.c and snapshot_read.c.
 */
#ifndef PORTSIEVE_DATAPATH_ATTACHMENT_H
#define PORTSIEVE_DATAPATH_ATTACHMENT_H

#include "datapath_pins.h"

/* The maps of one policy. Descriptors; -1: not open, or of a trie: the policy has none. */
struct policy_maps {
	uint32_t id; /* of the image's map; 0: no policy */
	int image_fd;
	int text_fd;
	int trie_fd[TRIE_FAMILIES];
};

#define POLICY_MAPS_NONE                                                                           \
	(struct policy_maps)                                                                       \
	{                                                                                          \
		.image_fd = -1, .text_fd = -1, .trie_fd = { -1, -1 }                               \
	}

void policy_maps_close(struct policy_maps *maps);
#define _cleanup_policy_maps_ __attribute__((cleanup(policy_maps_close)))

/* The objects of a loaded device, as its link leads to them. Descriptors; -1: not open. */
struct attachment {
	uint32_t ifindex;
	enum datapath_attach attach;
	int link_fd; /* -1 in a dispatcher */
	int program_fd;
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

	uint32_t link_id;
	uint32_t program_id;
	uint32_t active_id;
	uint32_t prefixes_id[TRIE_FAMILIES];
};

#define ATTACHMENT_NONE                                                                            \
	(struct attachment)                                                                        \
	{                                                                                          \
		.link_fd = -1, .program_fd = -1, .counters_fd = -1, .active_fd = -1,               \
		.prefixes_fd = { -1, -1 }, .slots = {                                              \
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

/*
 * Is it the program of a device in a dispatcher: is its policy slot, or are its counters, pinned in
 * the folder of the device? A program in a chain has no pin of its own there: the dispatcher says
 * which it is.
 */
bool program_is_own(const struct datapath *datapath, uint32_t ifindex, int program_fd);

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

/* Pins the maps of a policy for a device, before it comes into force. */
int policy_maps_pin(const struct datapath *datapath, uint32_t ifindex,
		    const struct policy_maps *maps, struct error *error);

/* Pins the slots of tries. Returns -errno. */
int prefixes_pin(const struct datapath *datapath, uint32_t ifindex, enum policy_family family,
		 uint32_t id, int fd);

/* Removes every pin that the attachment does not lead to. */
void attachment_remove_stale(const struct datapath *datapath, const struct attachment *attachment);

#endif

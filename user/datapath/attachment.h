/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A loaded device as its pins describe it: the program, its policy slots and the policies in them.
 * Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_ATTACHMENT_H
#define PORTSIEVE_DATAPATH_ATTACHMENT_H

#include "datapath/hook.h"
#include "datapath/policy_maps.h"
#include "datapath/program.h"

/* The objects of a loaded device. Descriptors; -1: not open. */
struct attachment {
	uint32_t ifindex;
	struct hook hook; /* with its program_fd open, on a link too */
	int counters_fd;
	uint32_t counters_id; /* in the pin's name if they replaced others, else 0 */
	int former_fd;	      /* the counters just replaced, or -1: see baseline.h */
	int baseline_fd;      /* what earlier counters had counted, or -1 */
	int active_fd;
	int prefixes_fd[TRIE_FAMILIES]; /* tries by generation */
	int replies_fd; /* holds the cache of replies; -1 with a program of an older version */
	int tables_fd;	/* of flows; -1 with a program of an older ABI */
	enum datapath_per_port per_port;
	int port_cells_fd; /* these two only with per_port */
	int port_sums_fd;
	enum datapath_events events;
	int event_fds[EVENT_MAPS]; /* only with events */
	struct policy_maps slots[PORTSIEVE_SLOTS];

	/*
	 * The time (CLOCK_BOOTTIME) when NOW is rolled back to BEFORE (0: no change is pending, and
	 * BEFORE is empty or stale), and the slot that was in force when the device was read.
	 */
	uint64_t confirm_until_ns;
	enum portsieve_slot in_force;

	bool attach_asked; /* the user chose how to attach it */
	uint32_t active_id;
	uint32_t prefixes_id[TRIE_FAMILIES];
	uint32_t port_cells_id;
	uint32_t port_sums_id;
	uint32_t replies_id;
	uint32_t event_ids[EVENT_MAPS];
};

#define ATTACHMENT_NONE                                                                            \
	(struct attachment)                                                                        \
	{                                                                                          \
		.hook = HOOK_NONE, .counters_fd = -1, .former_fd = -1, .baseline_fd = -1,          \
		.active_fd = -1, .prefixes_fd = { -1, -1 }, .replies_fd = -1, .tables_fd = -1,     \
		.port_cells_fd = -1, .port_sums_fd = -1, .event_fds = { -1, -1, -1 }, .slots = {   \
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
 * Follows the pins of a device, from its link or from our program in libxdp's dispatcher. -ENOENT:
 * there is no folder, or neither was ever attached; -ENOLINK: the link's device was deleted, or the
 * program is no longer in the dispatcher. For all other errors `error` is filled in.
 */
int attachment_open(const struct datapath *datapath, uint32_t ifindex,
		    struct attachment *ret_attachment, struct error *error);

/* As attachment_open, for a device that must be loaded: every error is filled in. */
int attachment_require(const struct datapath *datapath, uint32_t ifindex,
		       struct attachment *ret_attachment, struct error *error);

/*
 * Finds a loaded device with an equal policy, to share its slot. -ENOENT, without error filled in:
 * none.
 */
int attachment_find_equal(const struct datapath *datapath, const struct portsieve_image *image,
			  struct attachment *ret_attachment, struct error *error);

/*
 * Makes a program share the slots of a device; it gets slots of its own if the attachment is not
 * open.
 */
static inline void attachment_share(const struct attachment *attachment,
				    struct program_options *options)
{
	options->active_fd = attachment->active_fd;
	options->replies_fd = attachment->replies_fd;
	for (int family = 0; family < TRIE_FAMILIES; family++)
		options->prefixes_fd[family] = attachment->prefixes_fd[family];
}

void attachment_close(struct attachment *attachment);
#define _cleanup_attachment_ __attribute__((cleanup(attachment_close)))

/* The id of the image in a slot of `active_fd`; 0: it is empty. */
int slot_image_id(int active_fd, enum portsieve_slot slot, uint32_t *ret_image_id);

/* Are the policies in the slots still those that the attachment was opened with? */
bool attachment_is_settled(const struct attachment *attachment);

/* Does the policy have this ABI? If not, only unloading may touch the maps and pins. */
bool attachment_is_understood(const struct attachment *attachment);

/*
 * Reads the image in force, with `counters` raised to cover all rows that may have counted. The
 * caller frees *ret_image.
 */
int attachment_image(const struct attachment *attachment, struct portsieve_image **ret_image,
		     struct error *error);

#endif

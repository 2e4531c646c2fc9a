/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pins: where they are, which of them a device's link leads to, and the removal of all others.
 * Private to datapath*.c and snapshot_read.c.
 */
#ifndef PORTSIEVE_DATAPATH_PINS_H
#define PORTSIEVE_DATAPATH_PINS_H

#include "datapath.h"

/* The objects of a loaded device, as its link leads to them. Descriptors; -1: not open. */
struct attachment {
	uint32_t ifindex;
	int link_fd;
	int program_fd;
	int counters_fd;
	int active_fd;
	int image_fd;
	int text_fd;

	uint32_t link_id;
	uint32_t program_id;
	uint32_t active_id;
	uint32_t image_id;
};

#define ATTACHMENT_NONE                                                                            \
	(struct attachment)                                                                        \
	{                                                                                          \
		.link_fd = -1, .program_fd = -1, .counters_fd = -1, .active_fd = -1,               \
		.image_fd = -1, .text_fd = -1                                                      \
	}

/*
 * Follows the pins of a device. -ENOENT when there is no folder or no link in it; -ENOLINK when the
 * link is a husk whose device is gone; error is filled in for other failures.
 */
int attachment_open(const struct datapath *datapath, uint32_t ifindex,
		    struct attachment *ret_attachment, struct error *error);

/* As attachment_open, for a device that has to be there: all errors are filled in. */
int attachment_require(const struct datapath *datapath, uint32_t ifindex,
		       struct attachment *ret_attachment, struct error *error);

/* Only the link of a device, whatever became of the other pins. Returns a descriptor or -errno. */
int attachment_link(const struct datapath *datapath, uint32_t ifindex);

/* Does the link still run the program that the attachment was opened with? */
bool attachment_is_current(const struct attachment *attachment);
void attachment_close(struct attachment *attachment);
#define _cleanup_attachment_ __attribute__((cleanup(attachment_close)))

/* The id of the image in the slot of `active_fd`. */
int attachment_image_id(int active_fd, uint32_t *ret_image_id);

/* Opens the pin "<kind>_<id>" of a device. Returns a descriptor or -errno. */
int pin_open(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id);

/*
 * Pins an object as "<kind>_<id>", or as "<kind>" when id is 0. One that is there already is the
 * same object, and fine; but a link's is -EEXIST, for it would be another's.
 */
int pin_put(const struct datapath *datapath, uint32_t ifindex, const char *kind, uint32_t id,
	    int fd);

/* Makes the folder of a device, and the ones above it. */
int pins_make_directory(const struct datapath *datapath, uint32_t ifindex, struct error *error);

/* Removes every pin that the attachment does not lead to. */
void pins_remove_stale(const struct datapath *datapath, const struct attachment *attachment);

/* Removes a device's folder with all pins in it, and the namespace's when it was the last. */
int pins_remove_all(const struct datapath *datapath, uint32_t ifindex, struct error *error);

/* The ifindexes that have a folder, ascending; the caller frees *ret_ifindexes. */
int pins_list(const struct datapath *datapath, uint32_t **ret_ifindexes, size_t *ret_count,
	      struct error *error);

/* The id of a map, a program or a link. */
int map_id(int map_fd, uint32_t *ret_id);
int program_id(int program_fd, uint32_t *ret_id);

/* Words an errno of a bpf() call: no rights, or what was tried and why it failed. */
int bpf_error(struct error *error, int errnum, const char *tried);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The datapath: programs, maps, links and their pins. The rest of the command knows nothing of BPF.
 *
 * A loaded interface is a folder of pins, /sys/fs/bpf/portsieve/<network namespace>/<ifindex>/. Its
 * link names the program that runs, the program its policy slot (`active_<id>`), and the slot the
 * image in force (`image_<id>`, with its text `text_<id>`). Each step is one id, so that one system
 * call commits a change. A pin that no step leads to is stale: a process died and left it. The next
 * writer removes it, and also a folder without a live link.
 */
#ifndef PORTSIEVE_DATAPATH_H
#define PORTSIEVE_DATAPATH_H

#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portsieve/abi.h>

#include "compile/addresses.h"
#include "base/error.h"

enum datapath_access {
	DATAPATH_READ,
	DATAPATH_WRITE, /* takes the lock, which only one process can hold, and repairs */
};

enum datapath_mode {
	DATAPATH_NATIVE,
	DATAPATH_GENERIC,
	DATAPATH_MODE_AUTO, /* only as a request: native, else generic */
	DATAPATH_REPLAY,    /* only in output: not on a device */
};

enum datapath_attach {
	DATAPATH_LINK,
	DATAPATH_DISPATCHER,  /* libxdp's, with other programs */
	DATAPATH_ATTACH_AUTO, /* only as a request: dispatcher, else link */
};

/* Receives notes for the user, one sentence each, about repairs and automatic choices. */
typedef void datapath_note_fn(const char *text);

/* The pins of this network namespace, and the lock. */
struct datapath {
	char directory[96]; /* of the namespace; it may not exist yet */
	int lock_fd;	    /* -1 without the lock */
	datapath_note_fn *note;
};

#define DATAPATH_CLOSED                                                                            \
	(struct datapath)                                                                          \
	{                                                                                          \
		.lock_fd = -1                                                                      \
	}

struct datapath_device {
	char name[IF_NAMESIZE];
	uint32_t ifindex;
	enum datapath_mode mode;
	bool moved;	 /* to another network namespace, with its filter; name is "" */
	bool broken;	 /* its pinned state is incomplete: it can only be unloaded */
	bool unfiltered; /* broken, and no XDP program is on it */
	uint32_t program_id;
	uint32_t link_id;
	uint32_t active_id; /* devices with the same id share their policy */
	uint32_t image_id;  /* of the policy in force */
	enum datapath_attach attach;
	bool attach_asked; /* the user chose it at load time */

	/*
	 * The deadline of a pending change (CLOCK_BOOTTIME; 0: no change is pending). After it the
	 * previous policy is in force, and `fallen_back` is set until a writer has made that
	 * permanent.
	 */
	uint64_t confirm_until_ns;
	bool fallen_back;
};

/* A policy to put in force. Only the image is written to. */
struct datapath_policy {
	struct portsieve_image *image;	   /* its counters and generation get assigned */
	const struct addresses *addresses; /* NULL: none */
	const char *text;		   /* canonical, NUL-terminated (policy_print) */
};

/*
 * Opens the pins of the calling process's network namespace. Errors: no bpffs (EXIT_FAILED), not
 * permitted (EXIT_NOT_PERMITTED), or the lock is not free within 30 s. The caller owns
 * *ret_datapath (datapath_close).
 */
int datapath_open(enum datapath_access access, datapath_note_fn *note,
		  struct datapath *ret_datapath, struct error *error);
void datapath_close(struct datapath *datapath);
#define _cleanup_datapath_ __attribute__((cleanup(datapath_close)))

/*
 * The loaded devices by ascending ifindex, including those that have moved or are broken. The
 * caller frees *ret_devices.
 */
int datapath_devices(const struct datapath *datapath, struct datapath_device **ret_devices,
		     size_t *ret_count, struct error *error);

/*
 * The device with that ifindex; it may have moved or be broken. -ENOENT, without error filled in:
 * it is not loaded.
 */
int datapath_device(const struct datapath *datapath, uint32_t ifindex,
		    struct datapath_device *ret_device, struct error *error);

/* Returns -EUCLEAN, with the error that names the state, for a device that is broken; else 0. */
int datapath_refuse_broken(const struct datapath_device *device, struct error *error);

struct datapath_load_options {
	enum datapath_mode mode;
	enum datapath_attach attach;
};

/*
 * Loads the program onto a device that has none. The policy is in force from its first packet on.
 * Shares the slot of a loaded device with an equal policy. Needs the lock.
 */
int datapath_load(const struct datapath *datapath, const char *device,
		  const struct datapath_load_options *options, const struct datapath_policy *policy,
		  struct error *error);

/*
 * Detaches the program, removes all pins of the device, and checks that no XDP program is left on
 * it.
 */
int datapath_unload(const struct datapath *datapath, const struct datapath_device *device,
		    struct error *error);

/*
 * Puts a policy in force on the device and on all that share its slot, by one system call. Ranges
 * that stay keep their counters; new ranges start at zero. If image->confirm_until_ns is not 0, the
 * program rolls back to the previous policy at that time, unless datapath_confirm is called first.
 * -EBUSY: a change is pending.
 */
int datapath_apply(const struct datapath *datapath, const struct datapath_device *device,
		   const struct datapath_policy *policy, struct error *error);

/* Returns -EBUSY with the error of every change that finds another one pending. */
int datapath_refuse_waiting(uint64_t confirm_until_ns, struct error *error);

/*
 * Ends a pending change on all devices that share the slot: confirm keeps the new policy, rollback
 * returns to the previous one at once. -ENOENT with the error filled in: no change is pending;
 * confirm also -ETIME: the deadline has passed.
 */
int datapath_confirm(const struct datapath *datapath, const struct datapath_device *device,
		     struct error *error);
int datapath_rollback(const struct datapath *datapath, const struct datapath_device *device,
		      struct error *error);

/*
 * Replaces the program of a device with this binary's. Policy and counters stay, and no packet
 * passes unfiltered.
 */
int datapath_upgrade(const struct datapath *datapath, const struct datapath_device *device,
		     struct error *error);

/*
 * Moves devices that share a slot to a new slot of their own, with the policy in force: no packet
 * is judged differently. A later datapath_apply then changes only these devices.
 */
int datapath_part(const struct datapath *datapath, const struct datapath_device *devices,
		  size_t count, struct error *error);

/* The policy in force, as image and text; the caller frees both. Either may be NULL. */
int datapath_policy_read(const struct datapath *datapath, const struct datapath_device *device,
			 struct portsieve_image **ret_image, char **ret_text, struct error *error);

/*
 * The prefixes of the policy in force, with their classes. The caller owns *ret_addresses
 * (addresses_free).
 */
int datapath_addresses_read(const struct datapath *datapath, const struct datapath_device *device,
			    struct addresses *ret_addresses, struct error *error);

/*
 * Bytes of kernel memory of a loaded device: its counters, the image of its policy and its
 * prefixes, which devices may share. Text and program, some kilobytes, are not included.
 */
uint64_t datapath_memory_bytes(const struct portsieve_image *image);

/* Receives the messages of libbpf and libxdp, as vprintf does; without it they are dropped. */
typedef int datapath_debug_fn(const char *format, va_list arguments);
void datapath_debug(datapath_debug_fn *print);

/* "1.1", of the libraries that load the programs. */
const char *datapath_libbpf_version(void);
const char *datapath_libxdp_version(void);

/*
 * "link", "dispatcher"; and the reason: the user's request, or the support of the kernel now.
 */
const char *datapath_attach_name(enum datapath_attach attach);
void datapath_attach_reason(enum datapath_attach attach, bool asked, char *text, size_t size);

/* "native", "generic". */
const char *datapath_mode_name(enum datapath_mode mode);

#endif

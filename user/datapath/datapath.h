/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way down: programs, maps, links and their pins. All that the rest of the program knows of
 * BPF.
 *
 * A loaded interface is a folder of pins, /sys/fs/bpf/portsieve/<network namespace>/<ifindex>/. Its
 * link says which program runs, the program which policy slot (`active_<id>`) it reads, the slot
 * which image (`image_<id>`, with its text `text_<id>`) is in force. Each step is one id, so that
 * one system call commits a change, and what no step leads to is left over from a
 * process that died: the next writer removes it. A folder without a live link is left over too.
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
	DATAPATH_WRITE, /* takes the lock, which one process at a time can hold, and repairs */
};

enum datapath_mode {
	DATAPATH_NATIVE,
	DATAPATH_GENERIC,
	DATAPATH_MODE_AUTO, /* only asked for: native, else generic */
	DATAPATH_REPLAY,    /* only told: not on a device at all */
};

enum datapath_attach {
	DATAPATH_LINK,
	DATAPATH_DISPATCHER,  /* libxdp's, beside other programs */
	DATAPATH_ATTACH_AUTO, /* only asked for: the dispatcher where it can be had, else the link
			       */
};

/* Hears of what was repaired or chosen on the way, one sentence each. */
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
	bool moved;  /* to another network namespace, with its filter; name is "" */
	bool broken; /* its pins are not whole: only datapath_unload can help */
	uint32_t program_id;
	uint32_t link_id;
	uint32_t active_id; /* devices with the same one share their policy */
	uint32_t image_id;  /* of the policy in force */
	enum datapath_attach attach;
	bool attach_asked; /* for just this one, when it was loaded */

	/*
	 * A policy that waits to be confirmed: until then (CLOCK_BOOTTIME; 0: none waits). After it
	 * the policy before is in force again, and `fallen_back` until a writer has settled that.
	 */
	uint64_t confirm_until_ns;
	bool fallen_back;
};

/* A policy on its way down; only read, but for what is said of the image. */
struct datapath_policy {
	struct portsieve_image *image;	   /* its counters and generation are assigned on the way */
	const struct addresses *addresses; /* NULL: none */
	const char *text;		   /* canonical, NUL-terminated (policy_print) */
};

/*
 * Opens the pins of the calling process's network namespace. Errors: no bpffs (EXIT_FAILED), no
 * rights (EXIT_NOT_PERMITTED), the lock not to be had within 30 s. Close with datapath_close.
 */
int datapath_open(enum datapath_access access, datapath_note_fn *note,
		  struct datapath *ret_datapath, struct error *error);
void datapath_close(struct datapath *datapath);
#define _cleanup_datapath_ __attribute__((cleanup(datapath_close)))

/*
 * The loaded devices, by ascending ifindex, those that have moved and those whose pins are not
 * whole among them; the caller frees *ret_devices.
 */
int datapath_devices(const struct datapath *datapath, struct datapath_device **ret_devices,
		     size_t *ret_count, struct error *error);

/* The device of that ifindex: -ENOENT, without error filled in, when it is not loaded. */
int datapath_device(const struct datapath *datapath, uint32_t ifindex,
		    struct datapath_device *ret_device, struct error *error);

struct datapath_load_options {
	enum datapath_mode mode;
	enum datapath_attach attach;
};

/*
 * Loads the program onto a device that has none, with the policy in force from its first packet on.
 * A loaded device with an equal policy shares its slot. Needs the lock.
 */
int datapath_load(const struct datapath *datapath, const char *device,
		  const struct datapath_load_options *options, const struct datapath_policy *policy,
		  struct error *error);

/* Takes the program off, removes all pins of the device, and checks that it is clean. */
int datapath_unload(const struct datapath *datapath, const struct datapath_device *device,
		    struct error *error);

/*
 * Puts a policy in force on the device and on all that share its slot, by one system call. Counters
 * of ranges that stay go on; rows of ranges that come are zeroed before. If image->confirm_until_ns
 * is not 0, the program returns to the policy before at that time, unless datapath_confirm came
 * first. While a policy waits to be confirmed, no other can be applied: -EBUSY.
 */
int datapath_apply(const struct datapath *datapath, const struct datapath_device *device,
		   const struct datapath_policy *policy, struct error *error);

/* -EBUSY, with the error filled in: what every change meets while a policy waits. */
int datapath_refuse_waiting(uint64_t confirm_until_ns, struct error *error);

/*
 * Ends the waiting of the policy in force, on all that share its slot: it stays (confirm), or the
 * one before returns at once (rollback). -ENOENT with the error filled in when none waits; confirm
 * also -ETIME when its time has passed.
 */
int datapath_confirm(const struct datapath *datapath, const struct datapath_device *device,
		     struct error *error);
int datapath_rollback(const struct datapath *datapath, const struct datapath_device *device,
		      struct error *error);

/*
 * Replaces the program of a device with this binary's. Policy and counters go on, and no packet is
 * left unfiltered.
 */
int datapath_upgrade(const struct datapath *datapath, const struct datapath_device *device,
		     struct error *error);

/*
 * Moves devices that share a slot to a new one that they share among themselves, with the policy in
 * force: no packet is judged otherwise. What datapath_apply then does to one of them it does to
 * these only.
 */
int datapath_part(const struct datapath *datapath, const struct datapath_device *devices,
		  size_t count, struct error *error);

/* The policy in force, as its image and its text; the caller frees both. Either may be NULL. */
int datapath_policy_read(const struct datapath *datapath, const struct datapath_device *device,
			 struct portsieve_image **ret_image, char **ret_text, struct error *error);

/* The prefixes of the policy in force, with their classes; the caller owns *ret_addresses. */
int datapath_addresses_read(const struct datapath *datapath, const struct datapath_device *device,
			    struct addresses *ret_addresses, struct error *error);

/*
 * The kernel memory that a loaded device takes, in bytes: its counters, the image of its policy and
 * its prefixes, which devices may share. The policy's text and the program, some kilobytes, are not
 * in it.
 */
uint64_t datapath_memory_bytes(const struct portsieve_image *image);

/* Gets the messages of libbpf and libxdp, by printf's format; without a receiver they are lost. */
typedef int datapath_debug_fn(const char *format, va_list arguments);
void datapath_debug(datapath_debug_fn *print);

/* "1.1": of the library that loads the programs. */
const char *datapath_libbpf_version(void);
const char *datapath_libxdp_version(void);

/* "link", "dispatcher"; and why it became that, in words: because it was asked for, or what the
 * kernel can do now. */
const char *datapath_attach_name(enum datapath_attach attach);
void datapath_attach_reason(enum datapath_attach attach, bool asked, char *text, size_t size);

/* "native", "generic". */
const char *datapath_mode_name(enum datapath_mode mode);

#endif

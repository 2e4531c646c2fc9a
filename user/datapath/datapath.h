/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The datapath: programs, maps, links and their pins. The rest of the command knows nothing of BPF.
 *
 * A loaded interface is a folder of pins, /sys/fs/bpf/portsieve/<network namespace>/<ifindex>/. Its
 * link names the program that runs, the program its policy slot (`active_<id>`), and the slot the
 * image in force (`image_<id>`, with its text `text_<id>`). Each step is one id, so that one system
 * call commits a change. A pin that no step leads to is stale: a process died before it removed it.
 * The next writer removes such pins, and folders without a live link.
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
	DATAPATH_MODE_AUTO, /* requests only: native, else generic */
	DATAPATH_REPLAY,    /* output only: not on a device */
};

enum datapath_attach {
	DATAPATH_LINK,
	DATAPATH_DISPATCHER,  /* libxdp's, with other programs */
	DATAPATH_ATTACH_AUTO, /* requests only: dispatcher, else link */
};

/* Receives notes for the user, one sentence each, about repairs and automatic choices. */
typedef void datapath_note_fn(const char *text);

/* The pins of this network namespace, and the lock. */
struct datapath {
	char directory[96]; /* of the namespace's pins; may not exist yet */
	int lock_fd;	    /* -1 without the lock */
	bool is_view;	    /* an unprivileged reader: see view.h */
	uint32_t view_gid;  /* of a writer: the group that may read the view; 0: none */
	datapath_note_fn *note;
};

#define DATAPATH_CLOSED                                                                            \
	(struct datapath)                                                                          \
	{                                                                                          \
		.lock_fd = -1                                                                      \
	}

/* Which packets are counted by single port. */
enum datapath_per_port {
	DATAPATH_PER_PORT_KEEP, /* only as a request: as it is; off if the device is not loaded */
	DATAPATH_PER_PORT_OFF,
	DATAPATH_PER_PORT_DROPPED, /* dropped and would-drop */
	DATAPATH_PER_PORT_ALL,
};

/* Which packets are recorded. */
enum datapath_events {
	DATAPATH_EVENTS_KEEP, /* only as a request: as it is; off if the device is not loaded */
	DATAPATH_EVENTS_OFF,
	DATAPATH_EVENTS_DROPPED, /* a sample of dropped and would-drop */
	DATAPATH_EVENTS_ALL,
};

/* What a device counts or records besides its rows. */
struct datapath_watch {
	enum datapath_per_port per_port;
	enum datapath_events events;
};

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
	enum datapath_per_port per_port;
	enum datapath_events events;
	uint32_t counters_rows; /* size of its counters */
	uint32_t baseline_rows; /* size of its baseline; 0: none */
	uint32_t egress_id;	/* of the egress program that learns flows; 0: none */

	/*
	 * The deadline of a pending change (CLOCK_BOOTTIME; 0: no change is pending). After the
	 * deadline the previous policy is in force, and `fallen_back` is set until a writer makes
	 * that permanent.
	 */
	uint64_t confirm_until_ns;
	bool fallen_back;
};

/* A policy to put in force. Only the image is modified. */
struct datapath_policy {
	struct portsieve_image *image;	   /* counters and generation are filled in */
	const struct addresses *addresses; /* NULL: none */
	const char *text;		   /* canonical, NUL-terminated (policy_print) */
	const char *failsafe;		   /* the same for its failsafe rules; NULL: none */
	const char *sets;		   /* the members of its sets from files; NULL: none */
};

/*
 * Opens the pins of the calling process's network namespace or, for an unprivileged reader, the
 * view of them for the group `portsieve`. Errors: no bpffs (EXIT_FAILED), not permitted
 * (EXIT_NOT_PERMITTED), or the lock is not free within 30 s. The caller owns *ret_datapath
 * (datapath_close).
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

/* Returns -EUCLEAN, with the error filled in, for a broken device; else 0. */
int datapath_refuse_broken(const struct datapath_device *device, struct error *error);

struct datapath_load_options {
	enum datapath_mode mode;
	enum datapath_attach attach;
	struct datapath_watch watch;
};

/*
 * Loads the program onto a device that has none. The policy is in force from the first packet on.
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

/* Invalidates the cached replies of the device and of all that share its slot. */
int datapath_forget_replies(const struct datapath *datapath, const struct datapath_device *device,
			    struct error *error);

/* Fills in the error of a change that finds another one pending. Returns -EBUSY. */
int datapath_refuse_waiting(uint64_t confirm_until_ns, struct error *error);

/*
 * Saves the current counts, and the time (CLOCK_REALTIME), for snapshot_since_reset. The counters
 * themselves stay as they are.
 */
int datapath_reset(const struct datapath *datapath, const struct datapath_device *device,
		   uint64_t realtime_ns, struct error *error);

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
 * passes unfiltered. Counts by port and events start empty if `watch` changes them. -EPROTO, with
 * the error filled in: the policy has another ABI.
 */
int datapath_upgrade(const struct datapath *datapath, const struct datapath_device *device,
		     const struct datapath_watch *watch, struct error *error);

/*
 * The policy in force on a device with a program of ABI 3 or 4, to be compiled again: the text, and
 * an image that is valid for rules, ranges, host and source only. -EPROTO, without error filled in:
 * another ABI; -EBUSY: a change is pending. The caller frees both.
 */
int datapath_old_policy_read(const struct datapath *datapath, const struct datapath_device *device,
			     struct portsieve_image **ret_image, char **ret_text,
			     struct error *error);

/*
 * As datapath_upgrade, for such a device, with its policy compiled again. Its counts are kept as a
 * baseline that readers add.
 */
int datapath_upgrade_old(const struct datapath *datapath, const struct datapath_device *device,
			 const struct datapath_policy *policy, const struct datapath_watch *watch,
			 struct error *error);

/*
 * Moves devices that share a slot to a new slot of their own, with the policy in force: no packet
 * is judged differently. A later datapath_apply then changes only these devices.
 */
int datapath_part(const struct datapath *datapath, const struct datapath_device *devices,
		  size_t count, struct error *error);

/* The policy in force, as image and texts, which the caller frees. Each pointer may be NULL. */
int datapath_policy_read(const struct datapath *datapath, const struct datapath_device *device,
			 struct portsieve_image **ret_image, char **ret_text, char **ret_failsafe,
			 char **ret_sets, struct error *error);

/*
 * The prefixes of the policy in force, with their classes. The caller owns *ret_addresses
 * (addresses_free).
 */
int datapath_addresses_read(const struct datapath *datapath, const struct datapath_device *device,
			    struct addresses *ret_addresses, struct error *error);

/*
 * Bytes of kernel memory of a loaded device: its counters, the image of its policy, its prefixes
 * and the tables of flows, which devices may share. Without text and program, which take some
 * kilobytes.
 */
uint64_t datapath_memory_bytes(const struct datapath_device *device,
			       const struct portsieve_image *image);

/* The same for a device without ranges and prefixes, while a change makes it have two policies. */
uint64_t datapath_memory_minimum(void);

/*
 * Receives the messages of libbpf and libxdp, as vprintf does. Without a receiver they are
 * discarded.
 */
typedef int datapath_debug_fn(const char *format, va_list arguments);
void datapath_debug(datapath_debug_fn *print);

/* Versions of the libraries that load the programs: "1.1". */
const char *datapath_libbpf_version(void);
const char *datapath_libxdp_version(void);

/* "link" or "dispatcher"; and the reason: the user's request, or what the kernel supports now. */
const char *datapath_attach_name(enum datapath_attach attach);
void datapath_attach_reason(enum datapath_attach attach, bool asked, char *text, size_t size);

/* "off", "dropped", "all". */
const char *datapath_per_port_name(enum datapath_per_port per_port);

/* The same. */
const char *datapath_events_name(enum datapath_events events);

/* "native", "generic". */
const char *datapath_mode_name(enum datapath_mode mode);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program that replaces a loaded device's program: loading it, and attaching it by a link
 * update or by a handover in the dispatcher. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_SUCCESSOR_H
#define PORTSIEVE_DATAPATH_SUCCESSOR_H

#include "datapath/attachment.h"
#include "datapath/program.h"

/* Where the successor counts. */
enum successor_counters {
	SUCCESSOR_CONTINUES, /* in the device's counters */
	SUCCESSOR_RESIZES,   /* in new ones with options->counters_rows; readers add the old ones */
	SUCCESSOR_NEW,	     /* in new ones; the caller takes care of the old ones */
};

/*
 * Loads a program for the attachment's device; in a dispatcher, only its maps. The caller sets
 * slots, per_port and events in `options`; the rest is filled in.
 */
int successor_load(const struct datapath *datapath, const struct attachment *attachment,
		   struct program_options *options, enum successor_counters counters,
		   struct program *ret_program, struct error *error);

/* Pins the program and replaces the attachment's by it. `device` is for messages. */
int successor_put_on(const struct datapath *datapath, const char *device,
		     const struct attachment *attachment, const struct program *program,
		     struct error *error);

#endif

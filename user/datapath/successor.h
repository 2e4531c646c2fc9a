/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program that takes the place of a loaded device's program: loading it, and putting it there
 * by one update of the link or by a handover in the dispatcher. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_SUCCESSOR_H
#define PORTSIEVE_DATAPATH_SUCCESSOR_H

#include "datapath/attachment.h"
#include "datapath/program.h"

/* Where the successor counts. */
enum successor_counters {
	SUCCESSOR_CONTINUES, /* in the counters of the device */
	SUCCESSOR_RESIZES,   /* in new ones with options->counters_rows; readers add the others */
	SUCCESSOR_NEW,	     /* in new ones; the caller takes care of the others */
};

/*
 * Loads a program for the device of the attachment; in a dispatcher only its maps. The slots and
 * per_port and events are those of `options`, the rest of `options` is filled in.
 */
int successor_load(const struct datapath *datapath, const struct attachment *attachment,
		   struct program_options *options, enum successor_counters counters,
		   struct program *ret_program, struct error *error);

/* Pins the program and puts it in the place of the attachment's. `device` is for messages. */
int successor_put_on(const struct datapath *datapath, const char *device,
		     const struct attachment *attachment, const struct program *program,
		     struct error *error);

#endif

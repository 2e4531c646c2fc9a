/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The size of a device's counters. A map cannot grow, so a device whose policies need more rows
 * gets a program with new counters, and what the others hold stays as its baseline. Private to
 * datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_RESIZE_H
#define PORTSIEVE_DATAPATH_RESIZE_H

#include "datapath/successor.h"

/*
 * Gives each device of the slot counters that are large enough for `image`, which is about to come
 * into force there. No packet is judged differently, and none is counted twice or not at all.
 */
int resize_sharing(const struct datapath *datapath, uint32_t active_id,
		   const struct portsieve_image *image, struct error *error);

/*
 * Does a successor with the same policy need other counters? They are made again if half of the
 * rows would do. options->counters_rows is set then.
 */
int resize_choose(const struct attachment *attachment, struct program_options *options,
		  enum successor_counters *ret_counters, struct error *error);

/*
 * After the successor is on: records by another map than the former counters that the user chose
 * how to attach the device, and adds these counters to the baseline.
 */
int resize_finish(const struct datapath *datapath, uint32_t ifindex, struct error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The size of a device's counters. A map cannot grow, so a device whose policies need more rows
 * gets a program with new counters, and the old counts become its baseline. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_RESIZE_H
#define PORTSIEVE_DATAPATH_RESIZE_H

#include "datapath/successor.h"

/*
 * Gives each device that shares the slot counters large enough for `image`, which is about to come
 * into force. No packet is judged differently, and each is counted exactly once.
 */
int resize_sharing(const struct datapath *datapath, uint32_t active_id,
		   const struct portsieve_image *image, struct error *error);

/*
 * Does a successor with the same policy need new counters, because they are too small or half the
 * rows suffice? If so, sets options->counters_rows.
 */
int resize_choose(const struct attachment *attachment, struct program_options *options,
		  enum successor_counters *ret_counters, struct error *error);

/*
 * After the successor is attached: moves the "asked" mark away from the former counters, and adds
 * these to the baseline.
 */
int resize_finish(const struct datapath *datapath, uint32_t ifindex, struct error *error);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map layouts of ABI 3 and 4, as far as an upgrade reads them: rows have two verdicts, and
 * images have neither monitored rules nor kinds of ranges. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_OLD_LAYOUT_H
#define PORTSIEVE_DATAPATH_OLD_LAYOUT_H

#include "datapath/datapath.h"

enum old_abi {
	OLD_ABI_FIRST = 3,
	OLD_ABI_LAST = 4,
};

/* One row on one CPU. */
struct old_counter {
	struct {
		__u64 packets;
		__u64 bytes;
	} verdict[2]; /* passed; dropped, or would-drop in monitor mode */
	__u64 new_connections;
};

/*
 * Reads an image of ABI 3 or 4 into the current layout. enforced, final and monitor_knobs are
 * unset, and the flat tables and conditions have the old ids: use it to name ranges and rows, not
 * to judge packets. -EPROTO, without error filled in: the image has another ABI. The caller frees
 * *ret_image.
 */
int old_image_read(int image_fd, struct portsieve_image **ret_image, struct error *error);

/*
 * Reads rows 0..count-1, each summed over the CPUs. With `monitor`, dropped packets become
 * would-drop.
 */
int old_counters_read(int counters_fd, bool monitor, struct portsieve_counter *rows, uint32_t count,
		      struct error *error);

#endif

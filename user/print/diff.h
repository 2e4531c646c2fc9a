/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of `diff`. Each returns 0 or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_DIFF_H
#define PORTSIEVE_PRINT_DIFF_H

#include "datapath/datapath.h"
#include "analysis/diff.h"

struct diff_report {
	const char *path;		     /* of the policy compared with the live one */
	const struct portsieve_image *image; /* compiled from it */
	const struct portsieve_image *live;
	const struct datapath_device *devices; /* with the live policy */
	size_t devices_count;
	const struct policy_diff *diff;
};

int print_diff_text(const struct diff_report *report);
int print_diff_json(const struct diff_report *report);

#endif

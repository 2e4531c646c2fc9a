/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `status`: the loaded devices and their policies. Each returns 0 or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_STATUS_H
#define PORTSIEVE_PRINT_STATUS_H

#include "print/drift.h"

int print_status_text(const struct snapshot *snapshot, const struct drift_report *drift);
int print_status_json(const struct snapshot *snapshot, const struct drift_report *drift);

#endif

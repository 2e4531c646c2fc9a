/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The findings of `doctor`. Each returns 0 or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_DOCTOR_H
#define PORTSIEVE_PRINT_DOCTOR_H

#include "analysis/doctor.h"

/* With `details`, each check that a device has passed gets a line of its own. */
int print_doctor_text(const struct doctor_report *report, bool details);
int print_doctor_json(const struct doctor_report *report);

#endif

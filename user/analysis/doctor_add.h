/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building doctor's report. Private to analysis/. */
#ifndef PORTSIEVE_DOCTOR_ADD_H
#define PORTSIEVE_DOCTOR_ADD_H

#include "analysis/doctor.h"

/* "5.10.0-28-amd64" as 0x050a, for comparing. 0: no version. */
#define DOCTOR_VERSION(major, minor) ((major) << 8 | (minor))
uint32_t doctor_version(const char *release);

/*
 * Adds a finding on a device ("": the machine) and returns it, to add a command. When memory is
 * short, it returns one that is in no report.
 */
struct doctor_finding *doctor_add(struct doctor_report *report, const char *check,
				  const char *device, enum doctor_result result, const char *format,
				  ...) __attribute__((format(printf, 5, 6)));

/* Sets the command that fixes it. */
void doctor_mend(struct doctor_finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void doctor_judge_machine(const struct doctor_facts *facts, struct doctor_report *report);
void doctor_judge_device(const struct doctor_facts *facts, const struct doctor_device *device,
			 struct doctor_report *report);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the facts for `doctor`. */
#ifndef PORTSIEVE_EXAMINATION_H
#define PORTSIEVE_EXAMINATION_H

#include "analysis/doctor.h"
#include "base/error.h"

struct examination {
	struct doctor_facts facts;
	struct doctor_device *devices;
	struct doctor_route *routes;
};

/*
 * Reads the machine and the named device, or all loaded devices if name is NULL. What cannot be
 * read is left out or reported as a fault. -ENODEV: no such device. The caller owns
 * *ret_examination (examination_free).
 */
int examination_read(const char *name, struct examination *ret_examination, struct error *error);
void examination_free(struct examination *examination);
#define _cleanup_examination_ __attribute__((cleanup(examination_free)))

#endif

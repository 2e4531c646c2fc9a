/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a policy to the image that the program reads. Pure: no BPF, clock, globals or logging.
 */
#ifndef PORTSIEVE_COMPILE_H
#define PORTSIEVE_COMPILE_H

#include <portsieve/abi.h>

#include "error.h"
#include "policy.h"

/*
 * Compiles a policy into *image, overwriting all of it but the fields that compiling does not know:
 * `counter` of the rules' ranges (see counter_ids.h), applied_ns, sha256, source stay zero. Returns
 * -E2BIG with the place in `file` when the policy has more than PORTSIEVE_RANGES_MAX ranges, or
 * -ENOMEM; *image is then undefined.
 */
int image_compile(const struct policy *policy, const struct policy_host *host, const char *file,
		  struct portsieve_image *image, struct error *error);

#endif

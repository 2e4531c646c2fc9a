/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a policy to the image that the program reads. Pure: no BPF, clock, globals or logging.
 */
#ifndef PORTSIEVE_COMPILE_H
#define PORTSIEVE_COMPILE_H

#include <portsieve/abi.h>

#include "compile/addresses.h"
#include "base/error.h"
#include "policy/policy.h"

/*
 * The classes of all addresses that rules name, for the tries; the image's conditions refer to
 * them. The list is empty if no rule names addresses. The caller owns *ret_addresses
 * (addresses_free). -E2BIG with the place in `file` past PORTSIEVE_CLASSES_MAX; -ENOMEM.
 */
int addresses_compile(const struct policy *policy, const char *file,
		      struct addresses *ret_addresses, struct error *error);

/*
 * Compiles a policy into *image, overwriting all of it. Fields that the compiler does not know are
 * zero: `counter` of the rules' ranges (see counter_ids.h), applied_ns, the digests, source,
 * generation, confirm_until_ns. Returns -E2BIG with the place in `file` and the limit that the
 * policy exceeds, or -ENOMEM; *image is then undefined.
 */
int image_compile(const struct policy *policy, const struct policy_host *host, const char *file,
		  struct portsieve_image *image, struct error *error);

/* Is the default drop, but only monitored? */
static inline bool image_default_monitors(const struct portsieve_image *image)
{
	return image->enforced.first;
}

/* Does the policy count drops that it does not carry out? */
static inline bool image_monitors(const struct portsieve_image *image)
{
	return image->flags & PORTSIEVE_IMAGE_MONITOR || image_default_monitors(image) ||
	       image->enforced.first + image->enforced.count < image->ranges;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes and the classes of their addresses: what compiling a policy yields beside the image, to
 * be put into tries.
 */
#ifndef PORTSIEVE_ADDRESSES_H
#define PORTSIEVE_ADDRESSES_H

#include <stddef.h>
#include <stdint.h>

#include <portsieve/abi.h>

#include "policy/policy.h"

struct address_class {
	struct policy_prefix prefix;
	uint8_t direction; /* enum portsieve_direction */
	uint32_t class; /* from 0; of the addresses that no longer prefix of its direction holds */
};

/* Each prefix stands once in a direction. */
struct addresses {
	struct address_class *list;
	size_t count;
};

void addresses_free(struct addresses *addresses);
#define _cleanup_addresses_ __attribute__((cleanup(addresses_free)))

#endif

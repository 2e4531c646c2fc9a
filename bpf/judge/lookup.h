/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What judging looks up besides the image and the packet. Declared only: bpf/map_lookup.h
 * implements it by maps, user/judge/native.c, which judges where bpf() is not permitted, by a
 * table.
 */
#ifndef PORTSIEVE_LOOKUP_H
#define PORTSIEVE_LOOKUP_H

#include <portsieve/abi.h>

#include "parse/cursor.h"

/*
 * The class of one of the header's addresses; 0 if no prefix holds the address. `addresses` points
 * to the source address in the IP header; the destination follows.
 */
portsieve_inline __u32 class_of_ipv4(const struct portsieve_image *image, const void *addresses,
				     enum portsieve_direction direction);
portsieve_inline __u32 class_of_ipv6(const struct portsieve_image *image, const void *addresses,
				     enum portsieve_direction direction);

/* CLOCK_BOOTTIME */
portsieve_inline __u64 boottime_of(const struct portsieve_image *image);

#endif

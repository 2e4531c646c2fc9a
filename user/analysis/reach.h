/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ranges of a compiled image any packet reaches, over all ports, addresses and times. Pure.
 */
#ifndef PORTSIEVE_IMAGE_REACH_H
#define PORTSIEVE_IMAGE_REACH_H

#include "compile/addresses.h"

struct image_reach {
	const struct policy *policy;
	const struct portsieve_image *image;
	const struct addresses *addresses;
	uint8_t class_families[PORTSIEVE_DIRECTIONS][PORTSIEVE_CLASSES_MAX]; /* addresses.h */
	uint32_t classes[PORTSIEVE_DIRECTIONS];				     /* count */
	bool ranges[PORTSIEVE_RANGES]; /* by id: does a packet reach it? */
	uint16_t stretch_end[PORTSIEVE_TRANSPORTS][PORTSIEVE_PORTS]; /* last port of one entry */
};

/*
 * Walks the image of a policy; `addresses` are those compiled with it. All three must outlive the
 * result, which the caller frees (free). NULL if memory is short.
 */
struct image_reach *image_reach_new(const struct policy *policy,
				    const struct portsieve_image *image,
				    const struct addresses *addresses);

#endif

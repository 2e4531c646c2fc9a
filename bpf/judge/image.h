/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which image a packet is judged by: the one in force, or the previous one after a missed
 * confirmation. */
#ifndef PORTSIEVE_IMAGE_H
#define PORTSIEVE_IMAGE_H

#include "parse/cursor.h"
#include "policy_maps.h"

/* An unconfirmed image whose time has passed is rolled back: the previous one is in force again. */
static __attribute__((noinline)) const struct portsieve_image *
image_while_unconfirmed(const struct portsieve_image *image)
{
	__u32 slot = PORTSIEVE_SLOT_BEFORE, element = 0;
	const struct portsieve_image *before;
	void *image_map;

	if (bpf_ktime_get_boot_ns() < image->confirm_until_ns)
		return image;
	image_map = bpf_map_lookup_elem(&active, &slot);
	before = image_map ? bpf_map_lookup_elem(image_map, &element) : (void *)0;
	return before ? before : image;
}

/* The image in force. NULL never happens: the slot is filled before the program is attached. */
portsieve_inline const struct portsieve_image *image_in_force(void)
{
	__u32 zero = 0; /* PORTSIEVE_SLOT_NOW, and the only element of the image's map */
	const struct portsieve_image *image;
	void *image_map = bpf_map_lookup_elem(&active, &zero);

	image = image_map ? bpf_map_lookup_elem(image_map, &zero) : (void *)0;
	/* PORTSIEVE_IMAGE_UNCONFIRMED is the sign bit: this test takes one instruction less */
	if (image && (__s32)image->flags < 0)
		return image_while_unconfirmed(image);
	return image;
}

#endif

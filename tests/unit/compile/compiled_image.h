/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image that the tests of a group compile into, one after the other, and their policies' host.
 */
#ifndef TESTS_COMPILED_IMAGE_H
#define TESTS_COMPILED_IMAGE_H

#include <stdlib.h>

#include "policy/policy.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

static struct portsieve_image *image;

static int make_image(void **state)
{
	(void)state;
	image = calloc(1, sizeof(*image));
	return image ? 0 : -1;
}

static int free_image(void **state)
{
	(void)state;
	free(image);
	return 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formatting that text and JSON share. */
#include "print/format.h"

#include <stdio.h>
#include <string.h>

void format_sha256(const uint8_t sha256[32], char text[65])
{
	static const uint8_t none[32];

	text[0] = '\0';
	if (!memcmp(sha256, none, sizeof(none)))
		return;
	for (int i = 0; i < 32; i++)
		snprintf(text + (size_t)i * 2, 3, "%02x", sha256[i]);
}

void format_ports(uint16_t low, uint16_t high, char text[16])
{
	if (low == high)
		snprintf(text, 16, "%u", low);
	else
		snprintf(text, 16, "%u-%u", low, high);
}

const char *policy_source_text(const struct portsieve_image *image)
{
	if (image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		return "none (counts only)";
	return image->source[0] ? image->source : "none (runtime rules)";
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formatting that text and JSON share. */
#include "print/format.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/deadline.h"
#include "compile/compile.h"

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

/* Chooses the unit that leaves less than 1000 after rounding to three digits. */
static struct rate_text with_unit(double value)
{
	static const char units[] = " kMGTPE";
	struct rate_text text;
	int unit = 0, digits;

	while (value >= 999.5 && unit < 6) {
		value /= 1000;
		unit++;
	}
	if (value > 999)
		value = 999;
	digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	if (unit)
		snprintf(text.text, sizeof(text.text), "%.*f %c", digits, value, units[unit]);
	else
		snprintf(text.text, sizeof(text.text), "%.0f", value);
	return text;
}

struct rate_text format_units(double per_second)
{
	return per_second >= 9.95 ? with_unit(per_second) : format_rate(per_second);
}

struct rate_text format_rate(double per_second)
{
	struct rate_text text = { "-" };

	if (per_second >= 99999.5)
		return with_unit(per_second);
	if (per_second >= 999.5)
		snprintf(text.text, sizeof(text.text), "%u,%03u",
			 (unsigned int)(per_second + 0.5) / 1000 % 100,
			 (unsigned int)(per_second + 0.5) % 1000);
	else if (per_second >= 9.95)
		snprintf(text.text, sizeof(text.text), "%.0f", per_second);
	else if (per_second >= 0.05)
		snprintf(text.text, sizeof(text.text), "%.1f", per_second);
	else if (per_second > 0)
		strcpy(text.text, "<0.1");
	return text;
}

const char *action_words(bool drop, bool monitored)
{
	if (!drop)
		return "allow";
	return monitored ? "drop (monitor)" : "drop";
}

const char *default_words(const struct portsieve_image *image)
{
	return action_words(image->flags & PORTSIEVE_IMAGE_DEFAULT_DROP,
			    image_default_monitors(image));
}

const char *policy_source_text(const struct portsieve_image *image)
{
	if (image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		return "none (counts only)";
	return image->source[0] ? image->source : "none (runtime rules)";
}

void format_time(uint64_t realtime_ns, const char *form, char *text, size_t size)
{
	time_t seconds = (time_t)(realtime_ns / SECOND_NS);
	struct tm parts;

	if (!strftime(text, size, form, gmtime_r(&seconds, &parts)))
		text[0] = '\0';
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations from text and back. */
#include "base/duration.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

enum { WEEKS, DAYS, HOURS, MINUTES, SECONDS };

static const struct {
	char letter;
	uint32_t seconds;
} units[] = {
	[WEEKS] = { 'w', 7 * 86400 }, [DAYS] = { 'd', 86400 }, [HOURS] = { 'h', 3600 },
	[MINUTES] = { 'm', 60 },      [SECONDS] = { 's', 1 },
};

/* Reads digits. Stops multiplying past the limit, so the number cannot overflow. */
static const char *read_number(const char *text, uint64_t *number)
{
	*number = 0;
	for (; *text >= '0' && *text <= '9'; text++)
		if (*number <= DURATION_SECONDS_MAX)
			*number = 10 * *number + (uint64_t)(*text - '0');
	return text;
}

int duration_read(const char *text, uint32_t *ret_seconds)
{
	uint64_t total = 0, number;
	size_t unit = 0; /* the largest still allowed */
	const char *end = read_number(text, &number);

	if (end > text && !*end) {
		total = number;
		text = end;
	}
	while (*text) {
		end = read_number(text, &number);
		if (end == text || !*end)
			return -EINVAL;
		while (unit < ARRAY_SIZE(units) && units[unit].letter != *end)
			unit++;
		if (unit == ARRAY_SIZE(units))
			return -EINVAL;
		total += number * units[unit++].seconds;
		text = end + 1;
	}
	if (total < DURATION_SECONDS_MIN || total > DURATION_SECONDS_MAX)
		return -EINVAL;
	*ret_seconds = (uint32_t)total;
	return 0;
}

struct duration_text duration_print(uint64_t seconds)
{
	struct duration_text text = { "" };
	size_t length = 0;

	for (size_t i = DAYS; i < ARRAY_SIZE(units); i++) { /* "10d" is clearer than "1w3d" */
		uint64_t number = seconds / units[i].seconds;
		bool is_zero = i + 1 == ARRAY_SIZE(units) && !length;

		seconds %= units[i].seconds;
		if (number || is_zero)
			length += (size_t)snprintf(text.text + length, sizeof(text.text) - length,
						   "%llu%c", (unsigned long long)number,
						   units[i].letter);
	}
	return text;
}

struct duration_text duration_print_rough(uint64_t seconds)
{
	if (seconds >= 86400)
		seconds -= seconds % 3600;
	else if (seconds >= 3600)
		seconds -= seconds % 60;
	return duration_print(seconds);
}

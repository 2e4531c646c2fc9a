/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splitting the filter into words. */
#include "watch/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watch/screen.h"

bool filter_matches(const char *filter, filter_word_fn *matches, const void *row)
{
	static const char *const keys[FILTER_ANYTHING] = {
		[FILTER_PORT] = "port:",
		[FILTER_RULE] = "rule:",
		[FILTER_REASON] = "reason:",
		[FILTER_SOURCE] = "source:",
	};
	char words[SCREEN_FILTER_MAX], *state, *word;

	if (!filter[0])
		return true; /* the fast path, for thousands of rows */
	snprintf(words, sizeof(words), "%s", filter);
	for (word = strtok_r(words, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
		enum filter_key key = FILTER_PORT;

		while (key < FILTER_ANYTHING && strncmp(word, keys[key], strlen(keys[key])) != 0)
			key++;
		if (!matches(key, key < FILTER_ANYTHING ? word + strlen(keys[key]) : word, row))
			return false;
	}
	return true;
}

bool filter_is_port(const char *value, unsigned int port)
{
	char *end;

	return strtoul(value, &end, 10) == port && end != value && !*end;
}

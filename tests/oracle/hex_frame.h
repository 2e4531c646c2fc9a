/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames from the hex of by_hand.h. Include it after cmocka.h. */
#ifndef ORACLE_HEX_FRAME_H
#define ORACLE_HEX_FRAME_H

#include <stdlib.h>
#include <string.h>

#include "grammar.h"

static inline int digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* Returns an allocation of exactly the frame's length, so that ASan finds reads past it. */
static inline uint8_t *bytes_of(const char *hex, size_t *ret_length)
{
	uint8_t buffer[GRAMMAR_SIZE_MIN], *exact;
	size_t length = 0;

	while (*hex) {
		char *end = (char *)hex + 1;
		unsigned long times = 1;

		if (*hex != ' ') {
			assert_true(digit(hex[0]) >= 0 && digit(hex[1]) >= 0);
			end = (char *)hex + 2;
			if (*end == '*')
				times = strtoul(end + 1, &end, 10);
			assert_true(length + times <= sizeof(buffer));
			memset(buffer + length, digit(hex[0]) * 16 + digit(hex[1]), times);
			length += times;
		}
		hex = end;
	}
	exact = malloc(length ? length : 1);
	assert_non_null(exact);
	memcpy(exact, buffer, length);
	*ret_length = length;
	return exact;
}

#endif

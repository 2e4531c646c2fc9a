/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8: characters, and which of them are safe to print. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

struct span {
	uint32_t low, high;
};

/* Ascending. Controls, line ends, marks of direction, what is no character, invisible tags. */
static const struct span unprintable[] = {
	{ 0x0, 0x1f },	    { 0x7f, 0x9f },	{ 0x61c, 0x61c },   { 0x200e, 0x200f },
	{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xd800, 0xdfff }, { 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0xe0fff },
};

/* By length in bytes: the first code that needs so many. */
static const uint32_t shortest[] = { 0, 0, 0x80, 0x800, 0x10000 };

size_t utf8_chars(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += utf8_begins(text[i]);
	return count;
}

/* Reads a character of any code, in as few bytes as it needs. Returns its length, 0: none. */
static size_t read_char(const char *text, size_t length, uint32_t *ret_code)
{
	unsigned char first = length ? (unsigned char)text[0] : 0xff;
	size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t code = size > 1 ? first & (0xffu >> (size + 1)) : first;

	if (!size || first > 0xf4 || size > length)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if (utf8_begins(text[i]))
			return 0;
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (code < shortest[size] || code > 0x10ffff)
		return 0;
	*ret_code = code;
	return size;
}

size_t utf8_printable(const char *text, size_t length)
{
	uint32_t code;
	size_t size = read_char(text, length, &code);

	for (size_t i = 0; size && i < ARRAY_SIZE(unprintable); i++)
		if (code >= unprintable[i].low && code <= unprintable[i].high)
			return 0;
	return size;
}

void utf8_copy_printable(char *to, size_t size, const char *text)
{
	size_t length = strlen(text), used = 0;

	for (size_t i = 0; i < length;) {
		size_t step = utf8_printable(text + i, length - i);

		if (used + (step ? step : 1) >= size)
			break;
		if (step)
			memmove(to + used, text + i, step);
		else
			to[used] = '?';
		used += step ? step : 1;
		i += step ? step : 1;
	}
	to[used] = '\0';
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8: characters, and which of them are safe to print. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

/* Ascending: controls, line separators, direction marks, noncharacters, invisible tags. */
static const struct {
	uint32_t low, high;
} unprintable[] = {
	{ 0x0, 0x1f },	    { 0x7f, 0x9f },	{ 0x61c, 0x61c },   { 0x200e, 0x200f },
	{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xd800, 0xdfff }, { 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0xe0fff },
};

/* By length in bytes: the smallest code point that needs it. */
static const uint32_t shortest[] = { 0, 0, 0x80, 0x800, 0x10000 };

size_t utf8_chars(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += utf8_begins(text[i]);
	return count;
}

size_t utf8_printable(const char *text, size_t length)
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
	for (size_t i = 0; i < ARRAY_SIZE(unprintable); i++)
		if (code >= unprintable[i].low && code <= unprintable[i].high)
			return 0;
	return size;
}

void utf8_copy_printable(char *to, size_t size, const char *text)
{
	size_t length = strlen(text), used = 0;

	for (size_t i = 0; i < length;) {
		size_t printable = utf8_printable(text + i, length - i);
		size_t step = printable ? printable : 1;

		if (used + step >= size)
			break;
		if (printable)
			memmove(to + used, text + i, step);
		else
			to[used] = '?';
		used += step;
		i += step;
	}
	to[used] = '\0';
}

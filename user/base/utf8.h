/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from outside, such as file names, made safe for terminals and JSON. Pure. */
#ifndef PORTSIEVE_UTF8_H
#define PORTSIEVE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Is this byte the first of a UTF-8 character? */
static inline bool utf8_begins(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

/* The number of characters in `length` bytes. */
size_t utf8_chars(const char *text, size_t length);

/*
 * The length in bytes of the character at `text`; 0 if it is not valid UTF-8 (RFC 3629) or not
 * printable, such as a control character or direction mark.
 */
size_t utf8_printable(const char *text, size_t length);

/*
 * Copies text, with '?' for each byte outside a printable character, cut at a character boundary to
 * fit into `size` bytes. `to` may be `text`.
 */
void utf8_copy_printable(char *to, size_t size, const char *text);

#endif

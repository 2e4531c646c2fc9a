/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from outside, such as names of files: what of it may go to a terminal and into JSON. Pure.
 */
#ifndef PORTSIEVE_UTF8_H
#define PORTSIEVE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Does this byte begin a character of UTF-8? */
static inline bool utf8_begins(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

/* Characters in `length` bytes. */
size_t utf8_chars(const char *text, size_t length);

/*
 * The length of the character that begins at text; 0 if the bytes are not UTF-8 (RFC 3629), or are
 * a control character or one that turns the direction of the text around it.
 */
size_t utf8_printable(const char *text, size_t length);

/*
 * Copies text with '?' for each byte that is not of a printable character, cut before the character
 * that would be too long for `size` bytes. `to` may be `text`.
 */
void utf8_copy_printable(char *to, size_t size, const char *text);

#endif

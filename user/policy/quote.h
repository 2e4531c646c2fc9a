/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of a policy's text inside error messages, quoted so that no text can break the line or the
 * terminal, and lists of words. Nothing here fails.
 */
#ifndef PORTSIEVE_POLICY_QUOTE_H
#define PORTSIEVE_POLICY_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

struct quote {
	char text[80];
};

/*
 * The text as it may stand in a message: cut after about 40 bytes ("..."), bytes that are not
 * printable or not UTF-8 written as \xNN.
 */
struct quote quote_bytes(const char *text, size_t length);

/* The same for a C string. */
struct quote quote_string(const char *text);

struct word_list {
	char text[160];
};

/* "a, b and c", without the NULLs among the words. */
struct word_list word_list_join(const char *const *words, size_t count);

/* White space between words of `ports`. */
static inline bool policy_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

#endif

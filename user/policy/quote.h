/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Quoting words of a policy in error messages, safe for lines and terminals, and lists of words.
 * Nothing here fails.
 */
#ifndef PORTSIEVE_POLICY_QUOTE_H
#define PORTSIEVE_POLICY_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

struct quote {
	char text[80];
};

/*
 * Quotes a text for a message: cut after about 40 bytes ("..."), with bytes that are not printable
 * or not UTF-8 as \xNN.
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

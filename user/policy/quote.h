/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of a policy's text inside error messages: quoted so that no text, however odd, can break
 * the line or the terminal.
 */
#ifndef PORTSIEVE_POLICY_WORD_H
#define PORTSIEVE_POLICY_WORD_H

#include <stdbool.h>
#include <stddef.h>

struct policy_quote {
	char text[80];
};

/*
 * The text as it may stand in a message: cut after about 40 bytes ("..."), bytes that are not
 * printable or not UTF-8 written as \xNN.
 */
struct policy_quote policy_quote(const char *text, size_t length);

/* "a, b and c", without the NULLs among the words. */
struct policy_list {
	char text[160];
};

struct policy_list policy_list(const char *const *words, size_t count);

/* White space between words of `ports`. */
static inline bool policy_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

#endif

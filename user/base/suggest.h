/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "did you mean": finds, among words offered one by one, the most likely meaning of a mistyped
 * word. Ignores case. Allocates nothing.
 */
#ifndef PORTSIEVE_SUGGEST_H
#define PORTSIEVE_SUGGEST_H

#include <stddef.h>

enum suggest_limits {
	SUGGEST_WORD_MAX = 40, /* bytes; longer words get no suggestion and are not suggested */
};

struct suggest {
	char word[SUGGEST_WORD_MAX + 1];
	size_t length;
	const char *best; /* as offered; NULL while no word is close */
	size_t cost;
};

/* Starts with the mistyped word: `length` bytes, not necessarily terminated. */
void suggest_start(struct suggest *suggest, const char *word, size_t length);

/*
 * Offers a word. It becomes `best` if it is close (about one slip per three letters; a slip is an
 * extra, missing, wrong or transposed letter) and closer than the best so far; on a tie the first
 * stays. Keeps the pointer. NULL is ignored.
 */
void suggest_offer(struct suggest *suggest, const char *candidate);

/* The end of an error message. */
struct suggest_hint {
	char text[192];
};

/* " (did you mean 'http'?)"; without a close word " (otherwise)", or "" if otherwise is NULL. */
struct suggest_hint suggest_hint(const struct suggest *suggest, const char *otherwise);

#endif

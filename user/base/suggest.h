/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "did you mean": finds, among words offered one by one, the one that a mistyped word most likely
 * stood for. Letters are compared without case. Allocates nothing.
 */
#ifndef PORTSIEVE_SUGGEST_H
#define PORTSIEVE_SUGGEST_H

#include <stddef.h>

enum suggest_limits {
	SUGGEST_WORD_MAX = 40, /* bytes; nothing is suggested for, or offered from, longer words */
};

struct suggest {
	char word[SUGGEST_WORD_MAX + 1];
	size_t length;
	const char *best; /* as offered; NULL while no word is close */
	size_t cost;
};

/* Begins with the mistyped word, `length` bytes that need no NUL behind them. */
void suggest_start(struct suggest *suggest, const char *word, size_t length);

/*
 * Offers a word. It becomes `best` if it is close (about one slip per three letters; a slip is a
 * letter too many, too few, wrong, or swapped with its neighbour) and closer than the best so
 * far; of equals the first stays. The pointer is kept. NULL is ignored.
 */
void suggest_offer(struct suggest *suggest, const char *candidate);

/* The end of an error message. */
struct suggest_hint {
	char text[192];
};

/* " (did you mean 'http'?)"; without a close word " (otherwise)", or "" if otherwise is NULL. */
struct suggest_hint suggest_hint(const struct suggest *suggest, const char *otherwise);

#endif

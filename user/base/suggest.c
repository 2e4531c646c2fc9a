/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranks words by optimal string alignment distance, then by the number of their letters that were
 * not typed at all ("htpp" means http, not htcp).
 */
#include "base/suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	COST_OF_SLIP = SUGGEST_WORD_MAX + 1, /* outweighs all letters that were not typed */
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* In ASCII only and in any locale, unlike tolower(). */
static char folded(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

/* Both words of at most SUGGEST_WORD_MAX bytes; `word` is folded already. */
static size_t distance(const char *word, size_t word_length, const char *other, size_t other_length)
{
	size_t rows[3][SUGGEST_WORD_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= other_length; j++)
		above[j] = j;
	for (size_t i = 1; i <= word_length; i++) {
		row[0] = i;
		for (size_t j = 1; j <= other_length; j++) {
			bool same = word[i - 1] == folded(other[j - 1]);

			row[j] = smaller(above[j - 1] + !same, smaller(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && word[i - 1] == folded(other[j - 2]) &&
			    word[i - 2] == folded(other[j - 1]))
				row[j] = smaller(row[j], before[j - 2] + 1);
		}
		size_t *oldest = before;

		before = above;
		above = row;
		row = oldest;
	}
	return above[other_length];
}

void suggest_start(struct suggest *suggest, const char *word, size_t length)
{
	suggest->best = NULL;
	suggest->cost = (size_t)-1;
	suggest->length = length;
	if (length > SUGGEST_WORD_MAX)
		return;
	for (size_t i = 0; i < length; i++)
		suggest->word[i] = folded(word[i]);
	suggest->word[length] = '\0';
}

void suggest_offer(struct suggest *suggest, const char *candidate)
{
	size_t typed = suggest->length, length, slips, slips_max, cost;

	if (!candidate || typed > SUGGEST_WORD_MAX)
		return;
	length = strlen(candidate);
	slips_max = typed < 2 ? 0 : typed < 5 ? 1 : typed < 8 ? 2 : 3;
	if (length > SUGGEST_WORD_MAX || length > typed + slips_max || length + slips_max < typed)
		return;
	slips = distance(suggest->word, typed, candidate, length);
	if (slips > slips_max)
		return;
	cost = slips * COST_OF_SLIP;
	for (size_t i = 0; i < length; i++)
		cost += !memchr(suggest->word, folded(candidate[i]), typed);
	if (cost < suggest->cost) {
		suggest->cost = cost;
		suggest->best = candidate;
	}
}

struct suggest_hint suggest_hint(const struct suggest *suggest, const char *otherwise)
{
	struct suggest_hint hint = { "" };

	if (suggest->best)
		snprintf(hint.text, sizeof(hint.text), " (did you mean '%s'?)", suggest->best);
	else if (otherwise)
		snprintf(hint.text, sizeof(hint.text), " (%s)", otherwise);
	return hint;
}

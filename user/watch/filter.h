/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter of `top`: words, of which each must match. Pure. */
#ifndef PORTSIEVE_WATCH_FILTER_H
#define PORTSIEVE_WATCH_FILTER_H

#include <stdbool.h>

enum filter_key {
	FILTER_PORT,	/* port:80 */
	FILTER_RULE,	/* rule:web */
	FILTER_REASON,	/* reason:icmp */
	FILTER_SOURCE,	/* source:192.0.2. */
	FILTER_ANYTHING /* any other word */
};

/* Does what a row shows match such a word? Also true where rows of its kind know nothing of it. */
typedef bool filter_word_fn(enum filter_key key, const char *value, const void *row);

bool filter_matches(const char *filter, filter_word_fn *matches, const void *row);

/* Is `value` a number, and the port? */
bool filter_is_port(const char *value, unsigned int port);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter of `top`: words that must all match. Pure. */
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

/* Does a row match the word? Also true if the key does not apply to rows of this kind. */
typedef bool filter_word_fn(enum filter_key key, const char *value, const void *row);

bool filter_matches(const char *filter, filter_word_fn *matches, const void *row);

/* Is `value` the port's number? */
bool filter_is_port(const char *value, unsigned int port);

#endif

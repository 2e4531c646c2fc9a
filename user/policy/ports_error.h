/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors in `ports`: their place in the text and, for an unknown word, what its author probably
 * meant. Private to ports.c.
 */
#ifndef PORTSIEVE_POLICY_PORTS_ERROR_H
#define PORTSIEVE_POLICY_PORTS_ERROR_H

#include "base/error.h"
#include "policy/ports_words.h"

/* The context of errors. */
struct ports_context {
	const char *text;
	const struct ports_protocol *protocol; /* of the entry being read; NULL: not yet known */
	struct error *error;		       /* may be NULL */
};

/* Each sets the error and returns -EINVAL; `at` and `word` point into context->text. */
int ports_error(const struct ports_context *context, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int ports_unknown_protocol(const struct ports_context *context, const struct ports_word *word);
int ports_missing_item(const struct ports_context *context, const struct ports_word *word);
int ports_unknown_item(const struct ports_context *context, const struct ports_word *word);

#endif

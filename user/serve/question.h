/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the query of a request asks for. Pure. */
#ifndef PORTSIEVE_SERVE_QUESTION_H
#define PORTSIEVE_SERVE_QUESTION_H

#include "serve/frame.h"
#include "serve/http.h"
#include "serve/strip.h"

enum { QUESTION_WORDS = 9 };

/*
 * The words of the command whose JSON answers, such as "portsieve" "status" "--json", with NULL
 * after them. What a client has written is never an option. NULL alone: no command answers.
 */
void question_words(const struct http_question *question, const char *words[QUESTION_WORDS]);

/* What part of a strip is asked for. EXIT_USAGE with the error filled in. */
int question_area(const struct http_question *question, struct strip_area *ret_area,
		  struct error *error);

/* Which spans of the history are asked for, as a set of enum frame_span. EXIT_USAGE as above. */
int question_spans(const struct http_question *question, unsigned int *ret_spans,
		   struct error *error);

#endif

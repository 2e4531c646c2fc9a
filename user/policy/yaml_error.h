/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a text that is not YAML, in the user's words. Private to yaml.c. */
#ifndef PORTSIEVE_POLICY_YAML_ERROR_H
#define PORTSIEVE_POLICY_YAML_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* What libyaml says. Lines and columns count from 0. */
struct yaml_problem {
	const char *source;
	size_t size;
	const char *problem, *context; /* may be NULL */
	size_t line, column;
	size_t context_line, context_column;
};

/*
 * Finds the mistake behind the most frequent problems: a space missing after ':', indentation, an
 * open quote or bracket. Writes what to do into `text`, and moves line and column to the mistake.
 * False if it is none of these.
 */
bool yaml_problem_explain(struct yaml_problem *problem, char *text, size_t text_size);

#endif

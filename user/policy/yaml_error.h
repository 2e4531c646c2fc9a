/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Explains errors in invalid YAML in the user's terms. Private to yaml.c. */
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
 * Finds the cause of the most frequent problems: a missing space after ':', indentation, an open
 * quote or bracket. Writes what to do into `text`, and moves line and column to the mistake.
 * Returns false for other problems.
 */
bool yaml_problem_explain(struct yaml_problem *problem, char *text, size_t text_size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML text as a row of libyaml's events, each with its exact place, without what a policy has no
 * use for: anchors, aliases, tags. It knows nothing of policies.
 */
#ifndef PORTSIEVE_POLICY_YAML_H
#define PORTSIEVE_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#include "base/error.h"
#include "policy/policy.h"

struct policy_yaml {
	yaml_parser_t parser;
	const char *text; /* without a byte order mark; not owned */
	size_t size;
	const char *file;
	struct error *error; /* may be NULL */
};

/* A libyaml event that frees itself at the end of its scope. */
#define POLICY_YAML_EVENT __attribute__((cleanup(yaml_event_delete))) yaml_event_t

/*
 * Returns 0, -EINVAL for text that is surely not UTF-8, or -ENOMEM. Closing is harmless
 * before and after.
 */
int policy_yaml_open(struct policy_yaml *yaml, const char *text, size_t size, const char *file,
		     struct error *error);
void policy_yaml_close(struct policy_yaml *yaml);

/*
 * The next event, owned by the caller (POLICY_YAML_EVENT). Returns 0, -ENOMEM, or -EINVAL with the
 * error set for what is not YAML, or YAML that a policy may not use.
 */
int policy_yaml_next(struct policy_yaml *yaml, yaml_event_t *ret_event);

/* Sets the error at a place of the text. Returns -EINVAL. */
int policy_yaml_error(struct policy_yaml *yaml, const yaml_mark_t *mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int policy_yaml_error_at(struct policy_yaml *yaml, struct policy_place place, const char *format,
			 ...) __attribute__((format(printf, 3, 4)));

/* Sets the error. Returns -ENOMEM. */
int policy_yaml_no_memory(struct policy_yaml *yaml);

struct policy_place policy_yaml_place(const yaml_mark_t *mark);

/*
 * Where in the text a character of a scalar's value stands. Folding and escapes move characters,
 * but keep the order of those that are not white space; so the character is named by how many of
 * them (policy_space) are before it. `last`: it is the end of the value, behind the last of them.
 */
struct policy_place policy_yaml_place_within(const struct policy_yaml *yaml,
					     const yaml_mark_t *start, yaml_scalar_style_t style,
					     size_t before, bool last);

#endif

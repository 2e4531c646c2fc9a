/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML text as a tree of nodes with places. Anchors, aliases, tags and a second document are
 * refused. Knows nothing about policies.
 */
#ifndef PORTSIEVE_POLICY_YAML_H
#define PORTSIEVE_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "policy/policy.h"

enum policy_node_kind {
	POLICY_NODE_BROKEN, /* the text cannot be read from here on */
	POLICY_NODE_TEXT,
	POLICY_NODE_LIST,
	POLICY_NODE_MAPPING, /* its nodes are key, value, key, value ... */
};

/* Nodes are in the order of the text: a node is followed by its first child. */
struct policy_node {
	char *text;		   /* of a text: NUL-terminated, no NUL inside */
	uint32_t length;	   /* of the text, in bytes */
	uint32_t span;		   /* nodes in this subtree: node + span is the next sibling */
	uint32_t index;		   /* index of the node's first character in the source */
	struct policy_place place; /* where the node starts */
	uint8_t kind;		   /* enum policy_node_kind */
	char opening;		   /* ' " or | of a text, { of a mapping; 0: none */
	bool one_line;		   /* a text that starts and ends on one line */
};

/* The caller sets the first six fields and zeroes the rest, which policy_yaml_load fills in. */
struct policy_yaml {
	const char *source; /* not owned; a byte order mark is skipped */
	size_t size;
	const char *file;	      /* for errors; not owned */
	struct error *error;	      /* may be NULL without `errors` */
	struct policy_errors *errors; /* NULL: stop at the first error */
	uint32_t nodes_max;

	struct policy_node *nodes; /* [0] is the root of the document */
	uint32_t count;		   /* 0: there is no document */
	struct error broken;	   /* why the tree ends with a broken node */
	bool not_yaml;		   /* the reason is invalid YAML */
	bool is_broken;		   /* the reason was reported */
	bool has_stopped;	   /* see policy_yaml_goes_on */
};

/*
 * Reads the text into a tree. A text that is not YAML, uses refused features, or has more than
 * nodes_max nodes also gives a tree, which ends with a broken node at that place. An error at the
 * broken node reports the reason, so errors come in the order of the text. Returns 0, or -ENOMEM
 * with the error set. policy_yaml_free is harmless on a tree of zeros.
 */
int policy_yaml_load(struct policy_yaml *yaml);
void policy_yaml_free(struct policy_yaml *yaml);

/* Is the node an empty text, or an unquoted "null" or "~"? */
bool policy_node_is_null(const struct policy_node *node);

/*
 * Sets the error at the node's place or, for a broken node, the reason why the tree ends there.
 * Returns -EINVAL.
 */
int policy_yaml_error(struct policy_yaml *yaml, const struct policy_node *node, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));
int policy_yaml_error_at(struct policy_yaml *yaml, struct policy_place place, const char *format,
			 ...) __attribute__((format(printf, 3, 4)));

/* Sets the error to the reason why the tree ends with a broken node. Returns -EINVAL. */
int policy_yaml_broken(struct policy_yaml *yaml);

/*
 * Should reading continue after a function has returned r, to find more errors? Adds the error to
 * yaml->errors. False for success, for -ENOMEM and, from then on, if nothing after the error can be
 * read.
 */
bool policy_yaml_goes_on(struct policy_yaml *yaml, int r);

/* Does the list or mapping end where the text is no longer YAML? */
bool policy_yaml_is_cut(const struct policy_yaml *yaml, const struct policy_node *node);

/* The source from the node's first byte. */
const char *policy_yaml_source(const struct policy_yaml *yaml, const struct policy_node *node);

/*
 * The place of a text's character `chars` (from 0): exact if the text is on one line, else the
 * start of the node.
 */
struct policy_place policy_yaml_place_within(const struct policy_yaml *yaml,
					     const struct policy_node *node, size_t chars);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every mapping of a policy obeys: known keys, each once, the required ones present. And
 * values that are a text, or one word of a few. Which keys and words there are is up to the
 * callers' tables.
 */
#ifndef PORTSIEVE_POLICY_MAPPING_H
#define PORTSIEVE_POLICY_MAPPING_H

#include "policy/yaml.h"

enum {
	POLICY_KEYS_MAX = 32,
};

/* "allow", "drop" by enum policy_action, up to a NULL. */
extern const char *const policy_action_words[];

struct policy_pairs;

/* A key: one row of a table. */
struct policy_key {
	const char *name;	  /* NULL: this row is no key */
	const char *right;	  /* in errors, what to write: "write allow or drop" */
	const char *const *words; /* the words that the value may be, up to a NULL */
	bool required;

	/* Reads pairs->value. Returns 0, -EINVAL or -ENOMEM with the error set. */
	int (*read)(struct policy_pairs *pairs, void *target);
};

struct policy_keys {
	const char *where; /* in errors: "a rule" */
	const struct policy_key *rows;
	size_t count;	 /* at most POLICY_KEYS_MAX */
	size_t unlisted; /* so many of the last rows are not offered in errors */
};

/* A walk over the pairs of a mapping, in the order of the text. */
struct policy_pairs {
	struct policy_yaml *yaml;
	const struct policy_keys *keys;
	const struct policy_node *mapping;
	const struct policy_node *at;	       /* the key of the next pair, or the mapping's end */
	const struct policy_key *row;	       /* of the pair just read */
	const struct policy_node *key;	       /* the same */
	const struct policy_node *value;       /* the same */
	uint32_t first_lines[POLICY_KEYS_MAX]; /* of each key so far; 0: none */
};

struct policy_pairs policy_pairs_of(struct policy_yaml *yaml, const struct policy_node *mapping,
				    const struct policy_keys *keys);

/*
 * Takes the next pair. Returns 1; 0 at the end, when all required keys are present; or -EINVAL with
 * the error set: the key is unknown, is there twice, or is missing.
 */
int policy_pairs_next(struct policy_pairs *pairs);

/* The next pair's key if it is a text that is no known key, else NULL. Does not move. */
const struct policy_node *policy_pairs_peek_unknown(const struct policy_pairs *pairs);

/* The value just read is not what its key takes: sets the error. Returns -EINVAL. */
int policy_value_refuse(const struct policy_pairs *pairs);

/* Is the value just read one text? Returns 0, or -EINVAL with the error set. */
int policy_text_check(const struct policy_pairs *pairs);

/* Which of its row's words is the value just read? 0, or -EINVAL with the error set. */
int policy_word_read(const struct policy_pairs *pairs, size_t *ret_index);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the mappings of a policy by tables of keys: checks that keys are known, unique and not
 * missing, and that values are in a list of words.
 */
#ifndef PORTSIEVE_POLICY_MAPPING_H
#define PORTSIEVE_POLICY_MAPPING_H

#include "policy/yaml.h"

enum {
	POLICY_KEYS_MAX = 32,
};

/* "enforce", "monitor", up to a NULL. */
extern const char *const policy_mode_words[];

/* "allow", "drop" by enum policy_action, up to a NULL. */
extern const char *const policy_action_words[];

/* A key: one row of a table. */
struct policy_key {
	const char *name;	  /* NULL: this row is no key */
	const char *right;	  /* for errors, what to write: "write allow or drop" */
	const char *const *words; /* the allowed values, NULL-terminated; NULL: not a word */
	const char *missing; /* for errors, what to write if the key is missing; NULL: optional */
	uint32_t unless;     /* rows, as bits: with the key of one of them, it may be missing */
};

struct policy_keys {
	const char *where; /* for errors: "a rule" */
	const struct policy_key *rows;
	size_t count;	 /* at most POLICY_KEYS_MAX */
	size_t unlisted; /* number of last rows that errors do not suggest */
};

/* A walk over the pairs of a mapping, in the order of the text. */
struct policy_pairs {
	struct policy_yaml *yaml;
	const struct policy_keys *keys;
	const struct policy_node *mapping;
	const struct policy_node *at; /* the key of the next pair, or the mapping's end */
	const struct policy_key *row; /* of the current pair, like the next three */
	const struct policy_node *key;
	const struct policy_node *value;
	size_t word;			       /* the value's index in row->words */
	uint32_t first_lines[POLICY_KEYS_MAX]; /* line of each key so far; 0: none */
};

struct policy_pairs policy_pairs_of(struct policy_yaml *yaml, const struct policy_node *mapping,
				    const struct policy_keys *keys);

/*
 * Moves to the next pair. Returns 1; 0 at the end, when all required keys are present; or -EINVAL
 * with the error set: the key is unknown, duplicate or missing, or the value is not one of
 * row->words. Skips such pairs if reading continues after errors.
 */
int policy_pairs_next(struct policy_pairs *pairs);

/* The next pair's key if it is an unknown one, else NULL. Does not move. */
const struct policy_node *policy_pairs_peek_unknown(const struct policy_pairs *pairs);

/*
 * The next pair's key if it is really the rest of a text that YAML has split at a comma in a flow
 * mapping; else NULL. Does not move.
 */
const struct policy_node *policy_pairs_next_piece(const struct policy_pairs *pairs);

/*
 * Reads the current value as one of the words, for a row that may also have other values. Returns 0
 * with pairs->word set, or -EINVAL with the error set.
 */
int policy_word_read(struct policy_pairs *pairs, const char *const *words);

/* Rejects "key:value", which YAML reads as one text, with -EINVAL. Returns 0 for other texts. */
int policy_space_missing(struct policy_yaml *yaml, const struct policy_node *text);

/* Sets the error for a current value of the wrong kind. Returns -EINVAL. */
int policy_value_refuse(const struct policy_pairs *pairs);

/* Is the current value one text? Returns 0, or -EINVAL with the error set. */
int policy_text_check(const struct policy_pairs *pairs);

/* Is the text one line that is safe to print? */
bool policy_text_is_printable(const struct policy_node *text);

/* Sets the error for a text that is not a valid value of the current key. Returns -EINVAL. */
int policy_text_refuse(const struct policy_pairs *pairs);

#endif

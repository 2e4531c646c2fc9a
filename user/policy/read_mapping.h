/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every mapping of a policy obeys: known keys, each once, the required ones there; and the
 * values that are one word. Which keys and words there are is up to the callers' tables.
 */
#ifndef PORTSIEVE_POLICY_MAPPING_H
#define PORTSIEVE_POLICY_MAPPING_H

#include "policy/yaml.h"

enum {
	POLICY_KEYS_MAX = 32,
};

struct policy_keys {
	const char *where;	  /* in messages: "a rule" */
	const char *const *names; /* by key number; NULL where a number is no key */
	size_t count;		  /* at most POLICY_KEYS_MAX */
	uint32_t required;	  /* bit: key number */

	/* Reads the value of a known key, all its events. */
	int (*read)(struct policy_yaml *yaml, size_t key, void *target);

	/*
	 * May take what is no known key, with its value (and the text out of the key's event):
	 * returns 1 if it did, 0 if it is an unknown key, or -errno. NULL: there is no such thing.
	 */
	int (*take_unknown)(struct policy_yaml *yaml, yaml_event_t *key, void *target);
};

/*
 * Reads the mapping that began with `start`, up to its end. `target` goes to the callbacks.
 * This and the functions below return 0, -EINVAL or -ENOMEM with the error set.
 */
int policy_mapping_read(struct policy_yaml *yaml, const yaml_event_t *start,
			const struct policy_keys *keys, void *target);

/* The number of the key with that name, or `count`. */
size_t policy_mapping_key(const struct policy_keys *keys, const yaml_event_t *event);

/* Has the value's event no text, or a plain "null" or "~"? */
bool policy_value_is_null(const yaml_event_t *event);

/*
 * Reads the value of `key`, which must be one text. `right` says in errors what would be right:
 * "write allow or drop". The event is owned by the caller (POLICY_YAML_EVENT).
 */
int policy_text_read(struct policy_yaml *yaml, const char *key, const char *right,
		     yaml_event_t *ret_event);

/* The words that the value of `key` is one of. */
struct policy_words {
	const char *key;
	const char *right; /* as above */
	const char *const *words;
	size_t count;
};

/* Reads a value; *ret_choice is the index of its word. */
int policy_choice_read(struct policy_yaml *yaml, const struct policy_words *words,
		       size_t *ret_choice);

/* The same for the event of a text that was read already. */
int policy_choice_find(struct policy_yaml *yaml, const struct policy_words *words,
		       const yaml_event_t *event, size_t *ret_choice);

/* The value's event is not what `key` takes: sets the error. Returns -EINVAL. */
int policy_value_refuse(struct policy_yaml *yaml, const yaml_event_t *event, const char *key,
			const char *right);

#endif
